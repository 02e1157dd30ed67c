"""Rebuilding docexchange's inbox on PostgreSQL: the log's records from the server, the view's rows to it."""

from __future__ import annotations

from itertools import count

from eventlog.postgresql import PostgresqlStore, migrate
from postgresql_local import Postgresql

from tests.bench import history
from tests.bench.rebuild import EVENTS, rebuilds
from tests.bench.result import Result


def measure() -> list[Result]:
    """Rebuild the inbox, and a view that only counts, taking turns with reading and parsing."""
    with Postgresql() as server:
        url = server.database("log")
        migrate(url, history.LOG, history.PARTITIONS)
        store = PostgresqlStore(url, history.LOG, history.PARTITIONS)
        history.write(store, EVENTS)
        results = rebuilds("view_rebuild_postgresql", store, (server.database(f"views_{n}") for n in count()))
        store.close()
    return results
