"""Durable appends of one event each, by concurrent callers, beside SQLite itself with the same bytes and commits."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import statistics
import time
import uuid
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from eventlog.record import prepare
from eventlog.sqlite_store import SqliteStore
from eventlog.store import Append, Request
from eventlog.writer import Writer
from google.protobuf.wrappers_pb2 import StringValue
from lienthong.log.v1 import record_pb2

from tests.bench.loop import run
from tests.bench.result import Result, at_least

CALLERS = (1, 32, 256)
_GOAL = 15_000  # a second, with 256 callers
_ROUNDS, _SECONDS = 5, 1.5
_PARTITIONS = 4
_MOST = 40_000  # a second: more than any machine of today makes
_EVENT = StringValue(value="x" * 196)  # 200 bytes
_CAUSE = record_pb2.Cause(correlation_id="c" * 56).SerializeToString()  # 60 bytes of metadata with the empty origin
_RECORD = "INSERT INTO log_records (place, stream, version, type_name, data) VALUES (?, ?, ?, ?, ?)"
_REQUEST = "INSERT INTO log_requests (id, fingerprint, place, count) VALUES (?, ?, ?, ?)"
_HEAD = "UPDATE log_heads SET size = ?, micros = ? WHERE partition = ?"


def measure() -> list[Result]:
    """Measure with each number of callers, taking turns with the ceiling."""
    return [_measured(at_once) for at_once in CALLERS]


def _measured(at_once: int) -> Result:
    rounds = [(_ours(at_once), _ceiling(at_once)) for _ in range(_ROUNDS)]
    value, ceiling = (statistics.median(each) for each in zip(*rounds, strict=True))
    name = f"append_sqlite_{at_once}"
    if at_once == CALLERS[-1]:
        return at_least(name, value, "events/s", _GOAL, ceiling=ceiling)
    return Result(name, value, "events/s", ceiling, value / ceiling)


def _ours(at_once: int) -> float:
    with TemporaryDirectory(prefix="lienthong-bench-") as folder:
        store = SqliteStore(Path(folder) / "log.sqlite", "bench", _PARTITIONS)
        writer = Writer(store)
        made, seconds = run(partial(callers, writer, at_once, _SECONDS))
        writer.close()
        if sum(store.heads()) != made:
            raise RuntimeError("an append was answered and is not there")
        store.close()
    return made / seconds


async def callers(writer: Writer, at_once: int, seconds: float) -> tuple[int, float]:
    """Append to new streams for some seconds, `at_once` in flight; return how many were made and how long it took."""
    names = [(stream, str(uuid.uuid4())) for stream in islice(_streams(), int(seconds * _MOST))]  # a client's to make
    begun = time.monotonic()
    end = begun + seconds
    ahead = iter(names)

    async def caller() -> int:
        made = 0
        while time.monotonic() < end:
            stream, request_id = next(ahead)
            event = prepare(stream, _EVENT, b"", _CAUSE)
            request = Request(request_id, hashlib.sha256(stream.encode()).digest())
            await writer.append(Append(stream, 0, (event,), request))
            made += 1
        return made

    made = sum(await asyncio.gather(*(caller() for _ in range(at_once))))
    return made, time.monotonic() - begun


def _ceiling(batch: int) -> float:
    """Insert the same rows as the store does, `batch` a transaction, in one thread that does nothing else."""
    with TemporaryDirectory(prefix="lienthong-bench-") as folder:
        path = Path(folder) / "log.sqlite"
        SqliteStore(path, "bench", _PARTITIONS).close()
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")
        made, seconds = _inserted(connection, batch)
        connection.close()
    return made / seconds


def _inserted(connection: sqlite3.Connection, batch: int) -> tuple[int, float]:
    body = prepare("s", _EVENT, b"", _CAUSE).body
    head = 120  # bytes of a record before its body
    rows, made, seconds = _rows(len(body) + head), 0, 0.0
    while seconds < _SECONDS:
        records, requests = zip(*islice(rows, batch), strict=True)  # made outside the time that counts
        begun = time.monotonic()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_RECORD, records)
        connection.executemany(_REQUEST, requests)
        connection.executemany(_HEAD, [(made, made, partition) for partition in range(_PARTITIONS)])
        connection.execute("COMMIT")
        seconds += time.monotonic() - begun
        made += batch
    return made, seconds


def _rows(size: int) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    data = os.urandom(size)
    for number, stream in zip(count(), _streams(), strict=False):
        place = (number % _PARTITIONS) << 48 | number // _PARTITIONS
        yield (place, stream, 1, "google.protobuf.StringValue", data), (uuid.uuid4().bytes, data[:32], place, 1)


def _streams() -> Iterator[str]:
    """Name streams as documents are named: a day, and what a hash gives."""
    while True:
        yield f"document-20261120-{uuid.uuid4().hex[:26]}"
