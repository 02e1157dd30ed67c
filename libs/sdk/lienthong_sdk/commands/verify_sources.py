"""Where `lienthong log verify` reads a log: a file of the embedded platform, a service, or the database itself.

Each first tells the log's name and heads, and then gives every record below them, partition by partition in order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventlog.errors import StoreUnavailable
from eventlog.record import Recorded
from eventlog.schema import place
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc

from lienthong_sdk.commands.engines import open_store
from lienthong_sdk.commands.operations import LONG, ask

if TYPE_CHECKING:
    from grpckit.client import Channel

Begin = Callable[[str, Sequence[int]], None]
Take = Callable[[int, bytes, Recorded | None], None]
Read = Callable[[Begin, Take], None]
_PAGE = 5000
_RECORDS = """SELECT place, stream, version, type_name, data FROM log_records
    WHERE place >= ? AND place < ? ORDER BY place"""


def file(path: Path) -> Read:
    """Read a `log.sqlite`, which may be in use."""

    def read(begin: Begin, take: Take) -> None:
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                _read_file(connection, begin, take)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{path} is no log of the embedded platform: {error}") from error

    return read


def _read_file(connection: sqlite3.Connection, begin: Begin, take: Take) -> None:
    [(log,)] = connection.execute("SELECT log FROM log_about").fetchall()
    heads = [size for (size,) in connection.execute("SELECT size FROM log_heads ORDER BY partition")]
    begin(log, heads)
    for partition, head in enumerate(heads):
        first = place(partition, 0)
        for at, *routing, data in connection.execute(_RECORDS, (first, first + head)):
            take(partition, data, _recorded(log, partition, at - first, routing, data))


def database(url: str, log: str) -> Read:
    """Read a log in PostgreSQL, under its own role."""

    def read(begin: Begin, take: Take) -> None:
        with open_store(url, log) as store:
            heads = list(store.heads())
            begin(log, heads)
            for partition, head in enumerate(heads):
                position = 0
                while position < head and (page := store.read(partition, position, min(_PAGE, head - position))):
                    for recorded in page:
                        take(partition, recorded.data, recorded)
                    position += len(page)

    return read


def service(address: str, key: Path) -> Read:
    """Read a service's log by LogService, as an operator or auditor."""

    def read(begin: Begin, take: Take) -> None:
        async def work(channel: Channel) -> None:
            stub = log_service_pb2_grpc.LogServiceStub(channel)
            told = await stub.ListHeads(log_service_pb2.ListHeadsRequest())
            heads = [head.size for head in told.heads]
            begin(told.log, heads)
            for partition, head in enumerate(heads):
                await _tail(stub, partition, head, take)

        ask(address, key, work)

    return read


async def _tail(stub: Any, partition: int, head: int, take: Take) -> None:
    if not head:
        return
    left = head
    request = log_service_pb2.TailPartitionRequest(partition=partition)
    async for answer in stub.TailPartition(request, timeout=LONG):
        for data in answer.records[:left]:
            take(partition, data, None)
        left -= min(left, len(answer.records))
        if not left:
            return


def _recorded(log: str, partition: int, position: int, routing: Sequence[Any], data: bytes) -> Recorded:
    stream, version, type_name = routing
    return Recorded(log, partition, position, stream, version, type_name, data)
