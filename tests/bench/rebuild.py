"""Rebuilding docexchange's inbox from the log, beside reading and parsing the same records into a dict."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from docexchange_service.views.inbox import INBOX
from eventlog.feed import PositionSource
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.sqlite_store import SqliteStore
from views.runtime import Followed, Views
from views.view import Key, Row, View

from tests.bench import history
from tests.bench.installation import folder
from tests.bench.result import Result, at_least

_EVENTS = 100_000
_GOAL = 60_000  # events a second
_ROUNDS = 3
_PATIENCE = 300.0


def measure() -> list[Result]:
    """Rebuild the inbox, and a view that only counts, taking turns with the ceiling."""
    with folder() as path:
        store = history.write(path / "log.sqlite", _EVENTS)
        rounds = [
            (_rebuilt(store, path, INBOX), _rebuilt(store, path, COUNTING), _per_second(lambda: _read(store)))
            for _ in range(_ROUNDS)
        ]
        store.close()
    inbox, counting, ceiling = (statistics.median(each) for each in zip(*rounds, strict=True))
    return [
        at_least("view_rebuild", inbox, "events/s", _GOAL, ceiling=ceiling),
        Result("view_rebuild_counting", counting, "events/s", ceiling, counting / ceiling),
    ]


def _rebuilt(store: SqliteStore, path: Path, view: View) -> float:
    """Build a view for the first time, then measure its rebuild: fold beside the live one, compare, swap."""
    file = path / f"{view.name}-{time.monotonic_ns()}.sqlite"
    source = PositionSource(history.LOG, history.PARTITIONS, store, Progress(store.heads()))
    views = Views(f"sqlite:///{file}", [view], [Followed(source, store.heads)])
    views.start()
    if not views.ready(_PATIENCE):
        raise RuntimeError(f"view {view.name} was not built")

    def rebuild() -> None:
        if not views.rebuild(view.name).swapped:
            raise RuntimeError(f"view {view.name} was not rebuilt")

    try:
        return _per_second(rebuild)
    finally:
        views.stop()
        file.unlink()


def _per_second(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return _EVENTS / (time.monotonic() - begun)


def _read(store: SqliteStore) -> Counter[str]:
    """Read every record, parse its event, and count: the least that any view does, in memory."""
    found: Counter[str] = Counter()
    for partition, head in enumerate(store.heads()):
        position = 0
        while position < head:
            records = store.read(partition, position, 1_000)
            for record in records:
                event: Any = record.event
                found[event.document] += 1
            position += len(records)
    return found


def _keys(recorded: Recorded) -> Iterable[Key]:
    event: Any = recorded.event
    return [(event.document,)]


def _fold(_key: Key, row: Row | None, _recorded: Recorded) -> Row | None:
    return {"events": 1 if row is None else row["events"] + 1}


COUNTING = View(
    name="counting",
    version=1,
    log=history.LOG,
    columns=(sa.Column("document", sa.String(40), primary_key=True), sa.Column("events", sa.Integer, nullable=False)),
    types=INBOX.types,
    keys=_keys,
    fold=_fold,
)
