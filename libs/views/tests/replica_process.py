"""One replica as a process of its own; says "ready" and runs until it is killed: URL, log, leases, partitions, name."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import sqlalchemy as sa
from eventlog.feed import PositionSource
from eventlog.lease import Leases
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.sharing import Sharing
from eventlog.sqlite import SqliteFile
from eventlog.sqlite_store import SqliteStore
from google.protobuf.wrappers_pb2 import StringValue
from views import database
from views.runtime import Followed, Views
from views.view import Key, Row, View

LOG = "text"


def keys(record: Recorded) -> list[Key]:
    """Every record counts in the row of its word."""
    return [(record.event.value,)]  # type: ignore[attr-defined]


def fold(_key: Key, row: Row | None, _record: Recorded) -> Row:
    """Count."""
    return {"seen": 1 if row is None else row["seen"] + 1}


COUNTS = View(
    name="counts",
    version=1,
    log=LOG,
    columns=[sa.Column("word", sa.String, primary_key=True), sa.Column("seen", sa.Integer, nullable=False, default=0)],
    types=frozenset({StringValue.DESCRIPTOR.full_name}),
    keys=keys,
    fold=fold,
)


def open_views(url: str, store: SqliteStore, leases: Path, name: str) -> Views:
    """Open a replica that shares the log with the others."""
    sharing = Sharing(Leases(SqliteFile(leases, "OFF"), 1.0), name)
    source = PositionSource(LOG, store.partitions, store, Progress(store.heads()), 0.02, sharing)
    return Views(url, [COUNTS], [Followed(source, store.heads)])


def main() -> None:
    """Run."""
    url, log, leases, partitions, name = sys.argv[1:]
    database._LONGEST_IDLE = 1000
    store = SqliteStore(Path(log), LOG, int(partitions))
    views = open_views(url, store, Path(leases), name)
    views.start()
    if not views.ready(20):
        raise SystemExit("not ready")
    print("ready", flush=True)  # noqa: T201 - to the test
    threading.Event().wait(100)  # the test ends it; should that fail, it ends by itself


if __name__ == "__main__":
    main()
