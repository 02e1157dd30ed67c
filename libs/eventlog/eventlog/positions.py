"""Where followers stand, in the database that their effects are written to.

Invariant: a position moves only from the value its follower last saw (compare-and-set), inside the transaction that
writes the effect. Any number of processes may do any of this at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from eventlog.errors import PositionMoved

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

metadata = sa.MetaData()

follower_positions = sa.Table(
    "follower_positions",
    metadata,
    sa.Column("follower", sa.String(200), primary_key=True),
    sa.Column("log", sa.String(100), primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
_t = follower_positions
_READ = sa.select(_t.c.partition, _t.c.position).where(
    _t.c.follower == sa.bindparam("name"), _t.c.log == sa.bindparam("of")
)
_BEGIN = sa.text(
    "INSERT INTO follower_positions (follower, log, partition, position) VALUES (:name, :of, :part, 0) "
    "ON CONFLICT DO NOTHING"
)
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.follower_positions', 0))")
_MOVE = (
    _t.update()
    .where(
        _t.c.follower == sa.bindparam("name"),
        _t.c.log == sa.bindparam("of"),
        _t.c.partition == sa.bindparam("part"),
        _t.c.position == sa.bindparam("old"),
    )
    .values(position=sa.bindparam("new"))
)


def create(connection: Connection) -> None:
    """Make the table where it is missing."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ALONE)  # two that create one table at once trip over each other in the catalogue
    metadata.create_all(connection)


def ensure(connection: Connection, follower: str, log: str, partitions: int) -> None:
    """Begin at position 0 in every partition that the follower has not begun."""
    begun = read(connection, follower, log)
    for partition in range(partitions):
        if partition not in begun:
            connection.execute(_BEGIN, {"name": follower, "of": log, "part": partition})


def read(connection: Connection, follower: str, log: str) -> dict[int, int]:
    """Return the next position wanted of each partition."""
    rows = connection.execute(_READ, {"name": follower, "of": log})
    return {partition: position for partition, position in rows}  # noqa: C416 - rows are not pairs to mypy


def hold(connection: Connection, follower: str, log: str) -> dict[int, int]:
    """Return the next position wanted of each partition; none of them moves until the transaction has ended."""
    rows = connection.execute(_READ.order_by(_t.c.partition).with_for_update(), {"name": follower, "of": log})
    return {partition: position for partition, position in rows}  # noqa: C416 - as in `read`


def move(connection: Connection, follower: str, log: str, partition: int, old: int, new: int) -> None:
    """Move a position from `old` to `new`; PositionMoved when it is not at `old`: then roll back."""
    moved = connection.execute(_MOVE, {"name": follower, "of": log, "part": partition, "old": old, "new": new})
    if moved.rowcount != 1:
        raise PositionMoved(follower, log, partition)


def forget(connection: Connection, follower: str, log: str) -> None:
    """Remove a follower's positions."""
    connection.execute(_t.delete().where(_t.c.follower == follower, _t.c.log == log))
