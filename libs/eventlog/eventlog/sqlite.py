"""SQLite files: how connections to them are opened, everywhere in the house."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.dialects import sqlite as dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from eventlog.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from eventlog.transactions import Run

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-16384",
    "PRAGMA wal_autocheckpoint=4000",  # pages: an index page changed by many commits is copied back once
)
_GROUPS = (256, 64, 16, 4, 1)  # rows a statement; few texts, so that the driver keeps them compiled


class SqliteFile:
    """One file, one writing connection, and a reading connection for each thread that reads.

    Implements `eventlog.transactions.Database`; how durable a transaction is, `synchronous` says.
    """

    clock = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"

    def __init__(self, path: Path, synchronous: Literal["FULL", "NORMAL", "OFF"]) -> None:
        self.path = path
        self._synchronous = synchronous
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []
        self._local = threading.local()
        self._closed = False
        self._writer = self._open()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Hold the only writing connection in a transaction: committed at the end, rolled back on any error.

        StoreUnavailable when SQLite cannot (disk full, file gone, locked for ten seconds).
        """
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"{self.path.name} is closed")
            connection = self._writer
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreUnavailable(f"{self.path.name}: {error}") from error
                raise

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """See `eventlog.transactions.Database.transaction`."""
        with self.write() as connection:
            yield lambda statement, values: connection.execute(statement, values).fetchall()

    def read(self, statement: str, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        """See `eventlog.transactions.Database.read`."""
        try:
            return self.reader().execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"{self.path.name}: {error}") from error

    def reader(self) -> sqlite3.Connection:
        """Return this thread's reading connection; each statement sees one moment of the file."""
        if self._closed:
            raise StoreUnavailable(f"{self.path.name} is closed")
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
        return connection

    def close(self) -> None:
        """Close every connection. Readers in other threads must have ended."""
        with self._lock:
            self._closed = True
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self.path}: {error}") from error
        try:
            for pragma in (*_PRAGMAS, f"PRAGMA synchronous={self._synchronous}"):
                connection.execute(pragma)
        except sqlite3.Error as error:
            connection.close()
            raise StoreUnavailable(f"{self.path}: {error}") from error
        self._opened.append(connection)
        return connection


def insert_rows(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows of one width, many by one statement."""
    start = 0
    for size in _GROUPS:
        while len(rows) - start >= size:
            group = rows[start : start + size]
            values = f"({','.join('?' * len(group[0]))})"
            connection.execute(insert + ",".join([values] * size), list(chain.from_iterable(group)))
            start += size


def create_tables(connection: sqlite3.Connection, metadata: sa.MetaData) -> None:
    """Create what is missing of the tables that a metadata describes."""
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect.dialect())))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect.dialect())))
