"""The one SQL database that holds a service's views, with their positions.

Embedded it is an SQLite file of its own, apart from the log's, so that folding never holds up appending: WAL, and
`synchronous=NORMAL`, since rows and positions are one transaction: what a power cut takes back, it takes back together,
and the follower folds it again. The statements are those that PostgreSQL understands too.

One writer at a time in this process (`lock`): SQLite allows only one anyhow, and a lock wakes the next one at once
where SQLite's own waiting sleeps and can starve.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from eventlog.errors import StoreUnavailable

from views import replicas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "busy_timeout=30000",  # milliseconds
    "cache_size=-65536",  # KiB
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",  # pages
)


_NEVER = {"54000"}  # a key too long for an index, which the driver counts among what passes
_LONGEST_IDLE = 5000  # milliseconds


class Database:
    """Write and read transactions on one database; `url` as SQLAlchemy takes it."""

    def __init__(self, url: str, readers: int = 4) -> None:
        self.lock = threading.RLock()
        self.is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
        # Records a transaction when there are many. On SQLite 1,000 fold a third to a half faster than 10,000 (medians
        # of four interleaved runs on a noisy machine); on PostgreSQL measured.md found the larger batch faster.
        self.batch = 1_000 if self.is_sqlite else 10_000
        if self.is_sqlite:
            self.writer = _sqlite(url, "BEGIN IMMEDIATE", _PRAGMAS, 4)
            self.reader = _sqlite(url, "BEGIN", ("busy_timeout=30000", "query_only=1"), readers + 4)
        else:
            self.writer = sa.create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
            sa.event.listen(self.writer, "connect", _not_idle_for_long)
            self.reader = sa.create_engine(
                url, isolation_level="REPEATABLE READ", pool_size=readers, pool_pre_ping=True
            )
            self.reader = self.reader.execution_options(postgresql_readonly=True)
        # Connections that end with their use, each statement a transaction: to hold something or to listen.
        self.beside = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.dialect = self.writer.dialect

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction, committed at the end; StoreUnavailable when the database cannot now."""
        with self.lock, _telling("written"), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction: from its first query on it sees one moment, whatever is written meanwhile.

        StoreUnavailable when the database cannot now.
        """
        with _telling("read"), self.reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def held_up(self, follower: str, log: str) -> Iterator[None]:
        """Let nobody fold under a follower's name until the end of the block, in any process.

        What the block writes it writes under other names. It must be short: see `_LONGEST_IDLE`.
        """
        if self.is_sqlite:
            with self.lock:
                yield
            return
        with self.write() as connection:
            replicas.alone(connection, replicas.of_follower(follower, log))
            yield

    @contextmanager
    def building(self, view: str) -> Iterator[bool]:
        """Be the only process that builds a view, until the end of the block; False where another one is."""
        with _telling("written"), self.beside.connect() as connection:
            yield replicas.build(connection, view)

    def close(self) -> None:
        """Release connections and files."""
        self.reader.dispose()
        self.writer.dispose()


def _not_idle_for_long(raw: Any, _: object) -> None:
    """Have a transaction ended that its process does nothing with: it sleeps or is cut off, and others wait."""
    raw.execute(f"SET idle_in_transaction_session_timeout = {_LONGEST_IDLE}")
    raw.commit()


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Say of a database that cannot work now that it is unavailable."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if is_away(error):
            raise StoreUnavailable(f"the views' database cannot be {what}: {error.orig}") from error
        raise


def is_away(error: sa.exc.DBAPIError) -> bool:
    """Tell a database that cannot work now (locked, full, gone) from a statement that never will."""
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return isinstance(error.orig, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR
    if getattr(error.orig, "sqlstate", None) in _NEVER:
        return False
    return isinstance(error, sa.exc.OperationalError) or error.connection_invalidated


def _sqlite(url: str, begin: str, pragmas: tuple[str, ...], connections: int) -> Engine:
    engine = sa.create_engine(
        url, poolclass=sa.QueuePool, pool_size=connections, connect_args={"check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def opened(raw: Any, _: object) -> None:
        raw.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
