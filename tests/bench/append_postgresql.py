"""Durable appends on PostgreSQL, beside the library `eventsourcing` on the same server, by turns, with as many callers.

Each of theirs is a thread that saves a new aggregate (`Application.save`: one event, one transaction), on a pool of
connections as large as the server allows; ours are coroutines of one writer.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from eventlog.postgresql import PostgresqlStore, migrate
from eventlog.writer import Writer
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from postgresql_local import Postgresql

from tests.bench.append import CALLERS, callers
from tests.bench.loop import run
from tests.bench.result import Result

_GOAL = 40  # times theirs, with 256 callers
_ROUNDS, _SECONDS = 3, 2.0
_PARTITIONS = 4
_POOL = 60  # connections; the server's own default allows 100 in all


class _Noted(Aggregate):
    """An aggregate whose one event carries 200 bytes."""

    @event("Noted")
    def __init__(self, value: str) -> None:
        self.value = value


def measure() -> list[Result]:
    """Measure with each number of callers."""
    with Postgresql() as server, _theirs(server.database("theirs")) as theirs:
        url = server.database("ours")
        migrate(url, "bench", _PARTITIONS)
        rows = [_measured(url, theirs, at_once) for at_once in CALLERS]
    last = rows[-1]
    ratio = last.ratio or 0.0
    compared = Result(
        "append_vs_eventsourcing", last.value, "events/s", last.ceiling, ratio, f"ratio >= {_GOAL}", ratio >= _GOAL
    )
    return [*rows, compared]


def _measured(url: str, theirs: Application[UUID], at_once: int) -> Result:
    rounds = [(_ours(url, at_once), _saved(theirs, at_once)) for _ in range(_ROUNDS)]
    value, ceiling = (statistics.median(each) for each in zip(*rounds, strict=True))
    return Result(f"append_postgresql_{at_once}", value, "events/s", ceiling, value / ceiling)


def _ours(url: str, at_once: int) -> float:
    store = PostgresqlStore(url, "bench", _PARTITIONS)
    before = sum(store.heads())
    writer = Writer(store)
    made, seconds = run(partial(callers, writer, at_once, _SECONDS))
    writer.close()
    if sum(store.heads()) - before != made:
        raise RuntimeError("an append was answered and is not there")
    store.close()
    return made / seconds


@contextmanager
def _theirs(url: str) -> Iterator[Application[UUID]]:
    place = sa.make_url(url)
    application: Application[UUID] = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": place.database or "",
            "POSTGRES_HOST": place.host or "",
            "POSTGRES_PORT": str(place.port),
            "POSTGRES_USER": place.username or "",
            "POSTGRES_PASSWORD": str(place.password),
            "POSTGRES_POOL_SIZE": str(_POOL),
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_MAX_WAITING": "1000",
        }
    )
    try:
        yield application
    finally:
        application.close()


def _saved(theirs: Application[UUID], at_once: int) -> float:
    begin = threading.Barrier(at_once)

    def caller() -> int:
        begin.wait()
        end = time.monotonic() + _SECONDS
        made = 0
        while time.monotonic() < end:
            theirs.save(_Noted("x" * 196))
            made += 1
        return made

    with ThreadPoolExecutor(at_once) as threads:
        begun = time.monotonic()
        made = sum(each.result() for each in [threads.submit(caller) for _ in range(at_once)])
        return made / (time.monotonic() - begun)
