"""A service's own log, put together: store, writer, the source its followers read, and the relay to the topic."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventlog.feed import PositionSource
from eventlog.lease import Leases
from eventlog.relay import Relay, RelayPositions
from eventlog.sqlite_store import SqliteStore
from eventlog.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.store import Store
    from eventlog.topic import Topic


@dataclass(frozen=True)
class OwnLog:
    """What a service needs of its own log."""

    store: Store
    writer: Writer
    source: PositionSource
    relay: Relay
    closing: Sequence[Callable[[], None]] = ()  # what else is to be closed, in order, before the store

    def start(self) -> None:
        """Begin to publish; the writer takes appends from its making on."""
        self.relay.start()

    def close(self) -> None:
        """Answer what waits, publish the batch under way, release the store. Stop the followers first."""
        self.writer.close()
        self.relay.stop()
        for close in self.closing:
            close()
        self.store.close()


def open_sqlite(path: Path, log: str, partitions: int, topic: Topic) -> OwnLog:
    """Open or make a log in a SQLite file; StoreMismatch when the file holds another one."""
    store = SqliteStore(path, log, partitions)
    writer = Writer(store)
    relay = Relay(
        store,
        topic,
        RelayPositions(store.file),
        Leases(store.file),
        writer.committed,
        holder=socket.gethostname(),  # not by process: a file has one, which goes on at once where a killed one was
    )
    return OwnLog(store, writer, PositionSource(log, partitions, store, writer.committed), relay)
