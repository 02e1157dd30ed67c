"""Where a process stands, when its effect is commands: those are idempotent, so only the position is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from eventlog import positions
from eventlog.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


class Marks:
    """The stored positions of one follower of one log, in the database at `url`."""

    def __init__(self, url: str, follower: str, log: str, partitions: int) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _without_waiting_for_the_disk)
        self._follower = follower
        self._log = log
        positions.metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            positions.ensure(connection, follower, log, partitions)

    def positions(self) -> Mapping[int, int]:
        """Return for each partition the next position wanted."""
        try:
            with self._engine.begin() as connection:
                return positions.read(connection, self._follower, self._log)
        except OperationalError as error:
            raise StoreUnavailable(str(error.orig)) from error

    def move(self, partition: int, old: int, new: int) -> None:
        """Move a position; PositionMoved when it is not at `old`."""
        try:
            with self._engine.begin() as connection:
                positions.move(connection, self._follower, self._log, partition, old, new)
        except OperationalError as error:
            raise StoreUnavailable(str(error.orig)) from error

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """Let a power cut take back the last moves: their records are given again, which is harmless."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
