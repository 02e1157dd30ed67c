"""The SQLite store does what every store must."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from eventlog.conformance.material import at_start
from eventlog.conformance.store import LOG, PARTITIONS, StoreConformance
from eventlog.sqlite_store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from eventlog.store import Store


class TestSqliteStore(StoreConformance):
    def open_store(
        self, place: Path, *, log: str = LOG, partitions: int = PARTITIONS, now: Callable[[], int] = at_start
    ) -> Store:
        return SqliteStore(place / "log.db", log, partitions, now)

    @contextmanager
    def without_room(self, store: Store) -> Iterator[None]:
        assert isinstance(store, SqliteStore)
        writing = store.file._writer
        [pages] = writing.execute("PRAGMA page_count").fetchone()
        [before] = writing.execute("PRAGMA max_page_count").fetchone()
        writing.execute(f"PRAGMA max_page_count = {pages + 8}")
        yield
        writing.execute(f"PRAGMA max_page_count = {before}")
