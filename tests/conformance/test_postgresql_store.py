"""The PostgreSQL store does what every store must."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from eventlog.conformance.material import at_start
from eventlog.conformance.store import LOG, PARTITIONS, StoreConformance
from eventlog.postgresql import PostgresqlStore, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from eventlog.store import Store

_EMPTY = """DELETE FROM log_conformance.log_records; DELETE FROM log_conformance.log_requests;
    UPDATE log_conformance.log_heads SET size = 0, micros = 0"""
_NO_ROOM = """
    CREATE FUNCTION log_conformance.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF (SELECT sum(length(data)) FROM added) > 1000000 THEN
            RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER no_room AFTER INSERT ON log_conformance.log_records REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION log_conformance.refuse()"""
_ROOM = "DROP TRIGGER no_room ON log_conformance.log_records; DROP FUNCTION log_conformance.refuse"
_RENAMED = "UPDATE log_another.log_about SET log = 'conformance'"


class TestPostgresqlStore(StoreConformance):
    """All places are one database, emptied for each: no two are in use at once."""

    @pytest.fixture(autouse=True)
    def database(self, postgresql_url: str) -> None:
        self.url = postgresql_url
        self.place: Path | None = None
        migrate(self.url, LOG, PARTITIONS)

    def open_store(
        self, place: Path, *, log: str = LOG, partitions: int = PARTITIONS, now: Callable[[], int] = at_start
    ) -> Store:
        if place != self.place:
            self.place = place
            _execute(self.url, _EMPTY)
        if log != LOG:  # the schema of `log` holds what was saved of another one
            migrate(self.url, log, partitions)
            _execute(self.url, _RENAMED)
        return PostgresqlStore(self.url, log, partitions, now)

    @contextmanager
    def without_room(self, store: Store) -> Iterator[None]:
        """Let the server refuse a megabyte with the error of a full disk."""
        del store
        _execute(self.url, _NO_ROOM)
        yield
        _execute(self.url, _ROOM)


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
