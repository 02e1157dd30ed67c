"""Rebuilding docexchange's inbox from the log, beside reading and parsing the same records into a dict."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import sqlalchemy as sa
from docexchange_service.views.inbox import INBOX
from eventlog.feed import PositionSource
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.store import Store
from views.runtime import Followed, Views
from views.view import Key, Row, View

from tests.bench import history
from tests.bench.installation import folder
from tests.bench.result import Result, at_least

EVENTS = 100_000
_GOAL = 60_000  # events a second
_ROUNDS = 3
_PATIENCE = 300.0


def measure() -> list[Result]:
    """Rebuild the inbox, and a view that only counts, taking turns with the ceiling."""
    with folder() as path:
        store = history.write_file(path / "log.sqlite", EVENTS)
        urls = (f"sqlite:///{path / f'views-{number}.sqlite'}" for number in count())
        results = rebuilds("view_rebuild", store, urls)
        store.close()
    return results


def rebuilds(name: str, store: Store, urls: Iterator[str]) -> list[Result]:
    """Rebuild from a log, each time in an empty database of `urls`."""
    rounds = [
        (_rebuilt(store, next(urls), INBOX), _rebuilt(store, next(urls), COUNTING), _per_second(lambda: _read(store)))
        for _ in range(_ROUNDS)
    ]
    inbox, counting, ceiling = (statistics.median(each) for each in zip(*rounds, strict=True))
    return [
        at_least(name, inbox, "events/s", _GOAL, ceiling=ceiling),
        Result(f"{name}_counting", counting, "events/s", ceiling, counting / ceiling),
    ]


def _rebuilt(store: Store, url: str, view: View) -> float:
    """Build a view for the first time, then measure its rebuild: fold beside the live one, compare, swap."""
    source = PositionSource(history.LOG, history.PARTITIONS, store, Progress(store.heads()))
    views = Views(url, [view], [Followed(source, store.heads)])
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


def _per_second(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return EVENTS / (time.monotonic() - begun)


def _read(store: Store) -> Counter[str]:
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
