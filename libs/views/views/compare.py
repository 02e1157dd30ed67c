"""Comparing two tables of one view, row by row, each within its own snapshot.

Both are read in the order of the key as bytes compare, whatever the database's collation, so neither is held in memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from views.view import Key

_MOST_LISTED = 100
_PAGE = 2_000  # rows


@dataclass(frozen=True)
class Difference:
    """A row that is not the same; None where there is none."""

    key: Key
    live: Mapping[str, Any] | None
    fresh: Mapping[str, Any] | None


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and SHA-256 (hex) over them in order of key."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Comparison:
    """What two tables of a view hold at the same positions; at most 100 differences are listed."""

    positions: Mapping[int, int]
    live: Content
    fresh: Content
    differences: Sequence[Difference]

    @property
    def same(self) -> bool:
        """Whether no row differs."""
        return self.live == self.fresh


def compare(
    positions: Mapping[int, int],
    live: tuple[Connection, sa.Table],
    fresh: tuple[Connection, sa.Table],
) -> Comparison:
    """Compare two tables of one shape."""
    contents = content(*live), content(*fresh)
    listed = [] if contents[0] == contents[1] else list(islice(differences(live, fresh), _MOST_LISTED))
    return Comparison(positions, *contents, listed)


def content(connection: Connection, table: sa.Table) -> Content:
    """Read a table through."""
    digest = hashlib.sha256()
    count = 0
    for rows in _pages(connection, table):
        count += len(rows)
        digest.update(repr(rows).encode())
    return Content(count, digest.hexdigest())


def differences(live: tuple[Connection, sa.Table], fresh: tuple[Connection, sa.Table]) -> Iterator[Difference]:
    """Walk through both tables at once and give the rows that differ."""
    names = [column.name for column in live[1].columns]
    width = len(live[1].primary_key)
    olds, news = _ordered(*live), _ordered(*fresh)
    old, new = next(olds, None), next(news, None)
    while old is not None or new is not None:
        key = min(row[:width] for row in (old, new) if row is not None)
        ours = old if old is not None and old[:width] == key else None
        theirs = new if new is not None and new[:width] == key else None
        if ours != theirs:
            yield Difference(key, _named(names, ours), _named(names, theirs))
        old = old if ours is None else next(olds, None)
        new = new if theirs is None else next(news, None)


def _named(names: Sequence[str], row: tuple[Any, ...] | None) -> Mapping[str, Any] | None:
    return None if row is None else dict(zip(names, row, strict=True))


def _ordered(connection: Connection, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    return chain.from_iterable(_pages(connection, table))


def _pages(connection: Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    """Give a table's rows in order of their keys, as many at a time for one table as for another."""

    def binary(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        if connection.dialect.name == "postgresql" and column.type.python_type is str:
            return sa.collate(column, "C")
        return column

    query = sa.select(table).order_by(*map(binary, table.primary_key))
    result = connection.execution_options(yield_per=_PAGE).execute(query)
    return (list(map(tuple, rows)) for rows in result.partitions())
