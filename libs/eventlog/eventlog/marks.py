"""Where a process stands, when its effect is commands: those are idempotent, so only the position is stored."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from eventlog import positions
from eventlog.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.engine import Connection


class Marks:
    """The stored positions of one follower of one log, in the database at `url`, as SQLAlchemy takes it.

    Several processes may have the same. Every method raises StoreUnavailable while the database is away.
    """

    def __init__(self, url: str, follower: str, log: str, partitions: int) -> None:
        self._engine = sa.create_engine(url, pool_pre_ping=True)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _without_waiting_for_the_disk)
        self._follower = follower
        self._log = log
        with self._begin() as connection:
            positions.create(connection)
            positions.ensure(connection, follower, log, partitions)

    def positions(self) -> Mapping[int, int]:
        """Return for each partition the next position wanted."""
        with self._begin() as connection:
            return positions.read(connection, self._follower, self._log)

    def move(self, partition: int, old: int, new: int) -> None:
        """Move a position; PositionMoved when it is not at `old`."""
        with self._begin() as connection:
            positions.move(connection, self._follower, self._log, partition, old, new)

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreUnavailable(str(error.orig)) from error


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """Let a power cut take back the last moves: their records are given again, which is harmless."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
