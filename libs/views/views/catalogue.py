"""Which generations of which views there are, which one answers, and which streams are parked.

    building --> live --> retired --> (dropped)

Invariants:

1. A view has at most one live generation, changed in the transaction that puts another in its place.
2. A generation's rows are what its records up to its follower's positions fold to. Several generations may share a
   follower, which then moves them together; a view never has two generations under one follower.
3. Every transaction that changes a generation or a parked stream raises the epoch, so whoever remembers what it read
   under an epoch needs to read only that again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from eventlog import positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

_S = TypeVar("_S", sa.Update, sa.Delete)
MAIN = "views"  # the follower that moves all generations which have caught up

metadata = sa.MetaData()

_generations = sa.Table(
    "view_generations",
    metadata,
    sa.Column("view", sa.String(40), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("log", sa.String(100), nullable=False),
    sa.Column("follower", sa.String(200), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),  # microseconds since 1970, of the state
    sa.Column("shape", sa.Text, nullable=False),
)
_epoch = sa.Table("view_epoch", metadata, sa.Column("epoch", sa.BigInteger, nullable=False))
_READ_EPOCH = "SELECT epoch FROM view_epoch"


class State(StrEnum):
    """Where a generation is in its life."""

    BUILDING = "building"  # folds, does not answer yet
    LIVE = "live"  # answers
    RETIRED = "retired"  # answers only who began before; to be dropped


@dataclass(frozen=True)
class Generation:
    """One table of a view."""

    view: str
    number: int
    version: int
    log: str
    follower: str
    state: State
    since: int
    shape: str

    @property
    def table_name(self) -> str:
        """The physical name of its table."""
        return f"{self.view}_v{self.version}_g{self.number}"

    @property
    def own_follower(self) -> str:
        """The follower's name while it does not move with the others."""
        return f"view:{self.view}:g{self.number}"


def create(connection: Connection) -> None:
    """Make the tables that stand beside the views' own, where they are missing. Be alone with the catalogue."""
    metadata.create_all(connection)
    positions.create(connection)
    if connection.execute(sa.select(_epoch.c.epoch)).first() is None:
        connection.execute(_epoch.insert().values(epoch=0))


def epoch(connection: Connection) -> int:
    """Return the epoch."""
    value: int = connection.exec_driver_sql(_READ_EPOCH).scalar_one()
    return value


def raise_epoch(connection: Connection) -> None:
    """Tell whoever remembers that something has changed."""
    connection.execute(_epoch.update().values(epoch=_epoch.c.epoch + 1))


def generations(connection: Connection) -> Sequence[Generation]:
    """Return all generations, oldest first."""
    rows = connection.execute(sa.select(_generations).order_by(_generations.c.view, _generations.c.number))
    return [
        Generation(row.view, row.number, row.version, row.log, row.follower, State(row.state), row.since, row.shape)
        for row in rows
    ]


def add(connection: Connection, generation: Generation) -> None:
    """Note a new generation; its table is the caller's to make in the same transaction."""
    values = {**vars(generation), "state": str(generation.state)}
    connection.execute(_generations.insert().values(values))
    raise_epoch(connection)


def change(connection: Connection, generation: Generation, state: State, follower: str, since: int) -> None:
    """Give a generation a state and a follower."""
    connection.execute(_at(generation, _generations.update()).values(state=str(state), follower=follower, since=since))
    raise_epoch(connection)


def remove(connection: Connection, generation: Generation) -> None:
    """Forget a generation and drop its table."""
    connection.execute(_at(generation, _generations.delete()))
    sa.Table(generation.table_name, sa.MetaData()).drop(connection, checkfirst=True)
    raise_epoch(connection)


def _at(generation: Generation, statement: _S) -> _S:
    return statement.where(_generations.c.view == generation.view, _generations.c.number == generation.number)
