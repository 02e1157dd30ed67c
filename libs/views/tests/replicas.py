"""Several replicas of one service in this process: views on one PostgreSQL database that share a log's partitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from eventlog import schema
from eventlog.feed import PositionSource
from eventlog.lease import Leases
from eventlog.record import Recorded
from eventlog.sharing import Sharing
from eventlog.sqlite import SqliteFile, create_tables
from lienthong.log.v1.record_pb2 import Position
from views.runtime import Followed, Views
from views.specification import MemoryLog
from views.view import View

PATIENCE = 20.0  # seconds until a test gives up; none takes as long when all is well
LEASE = 1.0  # seconds


class Replicas:
    """Opens replicas, and stops those that a test leaves running."""

    def __init__(self, url: str, log: MemoryLog, folder: Path) -> None:
        self.log = log
        self._url = url
        self._open: list[Views] = []
        self._file = SqliteFile(folder / "leases.db", "OFF")
        with self._file.write() as connection:
            create_tables(connection, schema.metadata)

    def open(self, name: str, *views: View) -> Views:
        sharing = Sharing(Leases(self._file, LEASE), name)
        source = PositionSource(self.log.log, self.log.partitions, self.log, self.log.progress, 0.05, sharing)
        opened = Views(self._url, views, [Followed(source, self.log.heads)])
        self._open.append(opened)
        return opened

    def start(self, name: str, *views: View) -> Views:
        started = self.open(name, *views)
        started.start()
        assert started.ready(PATIENCE)
        return started

    def close(self) -> None:
        for each in self._open:
            each.stop()
        self._file.close()


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition that nobody tells of comes true."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def wait_for(views: Views, *records: Recorded, seconds: float = PATIENCE) -> None:
    """Wait as a caller does who has written the records; TimeoutError."""
    positions = [Position(log=r.log, partition=r.partition, position=r.position) for r in records]
    asyncio.run(asyncio.wait_for(views.wait(positions), seconds))


def held(views: Views) -> set[int]:
    """Return the partitions that a replica's follower has at the moment."""
    feed = views._followers["text"]._feed
    return set(feed._has) if feed is not None else set()  # type: ignore[attr-defined]
