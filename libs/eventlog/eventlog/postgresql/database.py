"""A schema of a PostgreSQL database, for what is not the log itself: leases, positions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from psycopg import Cursor

from eventlog.postgresql.pool import Pool
from eventlog.transactions import Run

_SIZE = 4
_named = re.compile(r"(?<!:):([a-z_]+)").sub


class PostgresqlDatabase:
    """Implements `eventlog.transactions.Database` over the schema that `url` names in its options."""

    clock = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"  # the server's: machines may differ

    def __init__(self, url: str) -> None:
        self._pool = Pool(url, _SIZE)

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """See `eventlog.transactions.Database.transaction`."""
        with self._pool.connection() as connection, connection.transaction():
            cursor = connection.cursor()
            yield lambda statement, values: _rows(cursor, statement, values)

    def read(self, statement: str, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        """See `eventlog.transactions.Database.read`."""
        with self._pool.connection() as connection:
            return _rows(connection.cursor(), statement, values)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _rows(cursor: Cursor[Any], statement: str, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
    cursor.execute(_translated(statement).encode(), values)
    return cursor.fetchall() if cursor.description else ()


@lru_cache
def _translated(statement: str) -> str:
    """Spell `:name` as psycopg does."""
    return _named(r"%(\1)s", statement.replace("%", "%%"))
