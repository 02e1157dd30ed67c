"""The audit: re-reads every log from its first record and holds the views against it.

What it finds is counted, not raised: a finding is for people to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventlog.partition import partition_of
from eventlog.record import parse
from lienthong.log.v1.record_pb2 import Position

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.store import Store
    from views.runtime import Views

    from embedded.platform import Platform

SETTLE_SECONDS = 60.0
_BATCH = 5000


@dataclass(frozen=True)
class Audit:
    """What the audit read and found; all but `records` should be 0."""

    records: int = 0
    gaps: int = 0  # positions or versions that do not follow the one before
    duplicate_versions: int = 0
    misplaced: int = 0  # records that lie where their own bytes, or their stream's name, do not put them
    views_differ: int = 0  # rows of views that differ from a fresh fold, and poisoned streams

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.gaps or self.duplicate_versions or self.misplaced or self.views_differ)

    def __add__(self, other: Audit) -> Audit:
        """Return both together."""
        return Audit(
            self.records + other.records,
            self.gaps + other.gaps,
            self.duplicate_versions + other.duplicate_versions,
            self.misplaced + other.misplaced,
            self.views_differ + other.views_differ,
        )


async def audit(platform: Platform, tell: Callable[[str], None] = lambda _what: None) -> Audit:
    """Audit every service of a platform that is running but idle; `tell` is told what is under way.

    TimeoutError when the views do not get to the heads of their logs in SETTLE_SECONDS.
    """
    found = Audit()
    for name, app in (("identity", platform.identity), ("docexchange", platform.docexchange)):
        tell(f"{name}: the log")
        found += await asyncio.to_thread(audit_store, app.log.store)
        tell(f"{name}: the views")
        async with asyncio.timeout(SETTLE_SECONDS):
            await app.views.wait(_ends(name, app.log.store.heads()))
        found += await asyncio.to_thread(audit_views, app.views)
    return found


def _ends(log: str, heads: Sequence[int]) -> list[Position]:
    return [Position(log=log, partition=partition, position=head - 1) for partition, head in enumerate(heads) if head]


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
