"""Whether a log of a million events is slower than one of ten thousand: to append to, and to read an inbox from."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from directory.directory import Directory
from docexchange_service.mailbox import Mailbox
from docexchange_service.parties import Parties
from docexchange_service.views.inbox import INBOX
from eventlog.feed import PositionSource
from eventlog.progress import Progress
from eventlog.sqlite_store import SqliteStore
from eventlog.writer import Writer
from grpckit.call import Call, enter
from lienthong.docexchange.v1.mailbox_service_pb2 import ListInboxRequest
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from lienthong.log.v1 import record_pb2
from views.runtime import Followed, Views

from tests.bench import append, history
from tests.bench.installation import folder
from tests.bench.loop import run
from tests.bench.result import Result, at_most

_SMALL, _LARGE = 10_000, 1_000_000
_GOAL = 1.2
_CALLERS, _ROUNDS, _SECONDS = 256, 7, 1.0
_LISTS, _PAGE = 60, 20
_PATIENCE = 400.0


def measure() -> list[Result]:
    """Measure both logs by turns; the value is how many times as long the large one takes."""
    with folder() as path:
        small, large = (history.write_file(path / f"{size}.sqlite", size) for size in (_SMALL, _LARGE))
        inbox = _inbox(path, small, large)
        appends = _appends(small, large)
        small.close()
        large.close()
    return [_result("growth_append", appends), _result("growth_inbox", inbox)]


def _result(name: str, rounds: list[tuple[float, float]]) -> Result:
    """Compare seconds an operation: small log, large log."""
    small, large = (statistics.median(each) for each in zip(*rounds, strict=True))
    return at_most(name, large / small, "times", _GOAL)


def _appends(small: SqliteStore, large: SqliteStore) -> list[tuple[float, float]]:
    rounds = [(_append_seconds(small), _append_seconds(large)) for _ in range(_ROUNDS + 1)]
    return rounds[1:]  # the first fills the caches


def _append_seconds(store: SqliteStore) -> float:
    writer = Writer(store)
    made, seconds = run(partial(append.callers, writer, _CALLERS, _SECONDS))
    writer.close()
    return seconds / made


def _inbox(path: Path, small: SqliteStore, large: SqliteStore) -> list[tuple[float, float]]:
    with _views(path / "small-views.sqlite", small) as one, _views(path / "large-views.sqlite", large) as other:
        return run(partial(_lists, one, other))


@contextmanager
def _views(file: Path, store: SqliteStore) -> Iterator[Views]:
    source = PositionSource(history.LOG, history.PARTITIONS, store, Progress(store.heads()))
    views = Views(f"sqlite:///{file}", [INBOX], [Followed(source, store.heads)])
    views.start()
    try:
        if not views.ready(_PATIENCE):
            raise RuntimeError("the inbox was not built")
        yield views
    finally:
        views.stop()


async def _lists(small: Views, large: Views) -> list[tuple[float, float]]:
    parties = Parties(Directory())
    boxes = [Mailbox(views, cast("Any", None), parties, cast("Any", None)) for views in (small, large)]
    rounds = []
    for turn in range(_LISTS):
        enter(_call(history.AGENCIES[turn % len(history.AGENCIES)]))
        one, other = [await _list_seconds(box) for box in boxes]
        rounds.append((one, other))
    return rounds


async def _list_seconds(box: Mailbox) -> float:
    begun = time.monotonic()
    answer = await box.ListInbox(ListInboxRequest(page_size=_PAGE), None)
    seconds = time.monotonic() - begun
    if len(answer.items) != _PAGE:
        raise RuntimeError("an inbox has too few lines to compare")
    await asyncio.sleep(0)
    return seconds


def _call(agency: str) -> Call:
    nobody = record_pb2.Origin(method="bench"), record_pb2.Cause()
    return Call("bench", agency, SYSTEM_ROLE_AGENCY, frozenset(), *nobody, b"")
