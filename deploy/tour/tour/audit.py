"""The audit: re-reads every log from its first record and holds the views against it.

What it finds is counted, not raised: a finding is for people to read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from eventlog.partition import partition_of
from eventlog.record import parse

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.store import Store
    from eventlog.topic import Topic
    from sqlalchemy.engine import Connection
    from views.reading import Tables
    from views.runtime import Views

SETTLE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_BATCH = 5000


@dataclass(frozen=True)
class Audit:
    """What the audit read and found; all but `records` should be 0."""

    records: int = 0
    gaps: int = 0  # positions or versions that do not follow the one before
    duplicate_versions: int = 0
    misplaced: int = 0  # records that lie where their own bytes, or their stream's name, do not put them
    views_differ: int = 0  # rows of views that differ from a fresh fold, and poisoned streams
    topic_differs: int = 0  # records of the topic that are not the store's, repeats apart

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return self == Audit(records=self.records)

    def __add__(self, other: Audit) -> Audit:
        """Return both together."""
        return Audit(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class Audited:
    """A service's log, its views, and the topic that its log is published to."""

    store: Store
    views: Views
    topic: Topic


async def audit(services: Sequence[Audited], tell: Callable[[str], None] = lambda _what: None) -> Audit:
    """Audit the services of a platform that is running but idle; `tell` is told what is under way.

    TimeoutError when the views or the topic do not get to the heads of a log in SETTLE_SECONDS.
    """
    found = Audit()
    for each in services:
        log = each.store.log
        tell(f"{log}: the log")
        found += await asyncio.to_thread(audit_store, each.store)
        tell(f"{log}: the views")
        await _until(lambda each=each: _folded(each))  # type: ignore[misc] # mypy cannot infer a default's type
        found += await asyncio.to_thread(audit_views, each.views)
        tell(f"{log}: the topic")
        await _until(lambda each=each: _published(each))  # type: ignore[misc]
        found += await asyncio.to_thread(audit_topic, each.store, each.topic)
    return found


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - another process may make it true
            await asyncio.sleep(_LOOK_SECONDS)


def _folded(audited: Audited) -> bool:
    heads = audited.store.heads()
    stand = [audited.views.read_here(partial(_positions, name)) for name in audited.views.names]
    return all(each.get(partition, 0) >= head for each in stand for partition, head in enumerate(heads))


def _positions(view: str, _connection: Connection, tables: Tables) -> Mapping[int, int]:
    return tables.positions(view)


def _published(audited: Audited) -> bool:
    store = audited.store
    return list(audited.topic.heads(store.log, store.partitions)) == list(store.heads())


def audit_topic(store: Store, topic: Topic) -> Audit:
    """Read a topic to the heads of its log: after dropping repeats its records must be the store's, byte for byte."""
    heads = store.heads()
    wanted = {partition: 0 for partition, head in enumerate(heads) if head}
    feed = topic.source(store.log, store.partitions).subscribe("audit", dict.fromkeys(wanted, 0))
    found = Audit()
    end = time.monotonic() + SETTLE_SECONDS
    try:
        while any(position < heads[partition] for partition, position in wanted.items()):
            records = _without_repeats(feed.poll(_BATCH, 1.0), wanted)
            if records:
                partition, position = records[0].partition, wanted[records[0].partition]
                stored = store.read(partition, position, len(records))
                found += Audit(topic_differs=sum(a != b for a, b in zip_longest(records, stored)))
                wanted[partition] = records[-1].position + 1
            elif time.monotonic() > end:
                return found + Audit(topic_differs=1)
    finally:
        feed.close()
    return found


def audit_store(store: Store) -> Audit:
    """Read a log partition by partition."""
    versions: dict[str, int] = {}
    found = Audit()
    for partition in range(store.partitions):
        expected = 0
        for recorded in _records(store, partition):
            found += _judge(recorded, expected, versions, store.partitions)
            expected = recorded.position + 1
        found += Audit(gaps=int(expected != store.heads()[partition]))
    return found


def _without_repeats(records: Sequence[Recorded], wanted: Mapping[int, int]) -> list[Recorded]:
    """Return what continues a partition; a gap shows in what it is compared with."""
    fresh: list[Recorded] = []
    for each in records:
        if each.position >= wanted[each.partition] and (not fresh or each.position > fresh[-1].position):
            fresh.append(each)
    return fresh


def audit_views(views: Views) -> Audit:
    """Hold every view against a fresh fold of its log."""
    found = Audit(views_differ=len(views.poisoned()))
    for name in views.names:
        comparison = views.compare_with_fresh_fold(name)
        found += Audit(views_differ=0 if comparison.same else max(1, len(comparison.differences)))
    return found


def _judge(recorded: Recorded, expected: int, versions: dict[str, int], partitions: int) -> Audit:
    before = versions.get(recorded.stream, 0)
    versions[recorded.stream] = max(before, recorded.version)
    said = parse(recorded.data)
    placed = said == recorded and partition_of(recorded.stream, partitions) == recorded.partition
    return Audit(
        records=1,
        gaps=int(recorded.position != expected) + int(recorded.version > before + 1),
        duplicate_versions=int(recorded.version <= before),
        misplaced=int(not placed),
    )


def _records(store: Store, partition: int) -> Iterator[Recorded]:
    position = 0
    while batch := store.read(partition, position, _BATCH):
        yield from batch
        position = batch[-1].position + 1
