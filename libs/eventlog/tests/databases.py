"""Databases of every kind for the tests of what runs on any: `eventlog.transactions.Database`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from eventlog import schema
from eventlog.postgresql import PostgresqlDatabase, log_url, migrate
from eventlog.sqlite import SqliteFile, create_tables
from eventlog.transactions import Database


@contextmanager
def sqlite(folder: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(folder / "log.db", "OFF")
    with file.write() as connection:
        create_tables(connection, schema.metadata)
    yield file
    file.close()


@contextmanager
def postgresql(url: str, log: str) -> Iterator[PostgresqlDatabase]:
    migrate(url, log, 2)
    quick = sa.make_url(log_url(url, log))
    options = f"{quick.query['options']} -c synchronous_commit=off"
    database = PostgresqlDatabase(quick.update_query_dict({"options": options}).render_as_string(hide_password=False))
    yield database
    database.close()


def forget(database: Database) -> None:
    """Let it be as if no lease had been taken and nothing published."""
    with database.transaction() as run:
        run("UPDATE log_leases SET holder = '', epoch = 0, expires_micros = 0", {})
        run("UPDATE log_relayed SET position = 0, epoch = 0", {})
