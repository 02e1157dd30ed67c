"""The audit: re-reads every log from its first record and holds the views against it.

What it finds is counted, not raised: a finding is for people to read. The platform may go on living meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

from eventlog.partition import partition_of
from eventlog.record import parse

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.topic import Topic

SETTLE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_BATCH = 5000


class Log(Protocol):
    """A log to be read. The methods block, and may be called from any thread."""

    log: str
    partitions: int

    def heads(self) -> Sequence[int]:
        """Return for each partition how many records it holds."""
        ...

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records of the partition in order, from `position` on; empty at the head."""
        ...


class Folded(Protocol):
    """The views of a log. The methods block, and may be called from any thread."""

    def positions(self) -> Sequence[Mapping[int, int]]:
        """Return for each view how many records of each partition it has folded."""
        ...

    def differences(self) -> int:
        """Hold every view against a fresh fold; return how many rows differ and how many streams are not folded."""
        ...


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
    """A service's log, its views, and the topic that its log is published to; None where it cannot be read."""

    log: Log
    views: Folded
    topic: Topic | None


async def audit(services: Sequence[Audited], tell: Callable[[str], None] = lambda _what: None) -> Audit:
    """Audit the services of a running platform up to the heads that their logs have now; `tell` is told what is done.

    Views and topic get SETTLE_SECONDS to reach those heads; what they have not reached by then is a finding.
    """
    found = Audit()
    for each in services:
        name = each.log.log
        heads = await asyncio.to_thread(each.log.heads)
        tell(f"{name}: the log")
        found += await asyncio.to_thread(audit_log, each.log, heads)
        tell(f"{name}: the views")
        found += await _views(each.views, heads)
        if each.topic is not None:
            tell(f"{name}: the topic")
            found += await _topic(each.log, each.topic, heads)
    return found


async def _views(views: Folded, heads: Sequence[int]) -> Audit:
    late = await _settled(lambda: _behind(views.positions(), heads))
    return Audit(views_differ=late + await asyncio.to_thread(views.differences))


async def _topic(log: Log, topic: Topic, heads: Sequence[int]) -> Audit:
    def published() -> list[int]:
        return list(topic.heads(log.log, log.partitions))

    late = await _settled(lambda: _behind([dict(enumerate(published()))], heads))
    if late:
        return Audit(topic_differs=late)
    found = await asyncio.to_thread(audit_topic, log, topic, heads)
    there = await asyncio.to_thread(published)  # before the log's heads are read again, which may move at any time
    now = await asyncio.to_thread(log.heads)
    return found + Audit(topic_differs=sum(max(0, has - head) for has, head in zip(there, now, strict=True)))


async def _settled(behind: Callable[[], int]) -> int:
    """Wait until nothing is behind, or long enough; return what is."""
    end = time.monotonic() + SETTLE_SECONDS
    while (late := await asyncio.to_thread(behind)) and time.monotonic() < end:  # noqa: ASYNC110 - others move it
        await asyncio.sleep(_LOOK_SECONDS)
    return late


def _behind(stands: Sequence[Mapping[int, int]], heads: Sequence[int]) -> int:
    """Return how many of those that follow have not reached the heads."""
    return sum(any(stand.get(partition, 0) < head for partition, head in enumerate(heads)) for stand in stands)


def audit_topic(log: Log, topic: Topic, heads: Sequence[int]) -> Audit:
    """Read a topic up to `heads`: after dropping repeats its records must be the log's, byte for byte."""
    wanted = {partition: 0 for partition, head in enumerate(heads) if head}
    feed = topic.source(log.log, log.partitions).subscribe("audit", dict.fromkeys(wanted, 0))
    found = Audit()
    end = time.monotonic() + SETTLE_SECONDS
    try:
        while any(position < heads[partition] for partition, position in wanted.items()):
            records = _without_repeats(feed.poll(_BATCH, 1.0), wanted)
            if records:
                partition, position = records[0].partition, wanted[records[0].partition]
                stored = log.read(partition, position, len(records))
                found += Audit(topic_differs=sum(a != b for a, b in zip_longest(records, stored)))
                wanted[partition] = records[-1].position + 1
            elif time.monotonic() > end:
                return found + Audit(topic_differs=1)
    finally:
        feed.close()
    return found


def audit_log(log: Log, heads: Sequence[int]) -> Audit:
    """Read a log up to `heads`, partition by partition."""
    versions: dict[str, int] = {}
    found = Audit()
    for partition, head in enumerate(heads):
        expected = 0
        for recorded in _records(log, partition, head):
            found += _judge(recorded, expected, versions, log.partitions)
            expected = recorded.position + 1
        found += Audit(gaps=int(expected != head))
    return found


def _without_repeats(records: Sequence[Recorded], wanted: Mapping[int, int]) -> list[Recorded]:
    """Return what continues a partition; a gap shows in what it is compared with."""
    fresh: list[Recorded] = []
    for each in records:
        if each.position >= wanted[each.partition] and (not fresh or each.position > fresh[-1].position):
            fresh.append(each)
    return fresh


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


def _records(log: Log, partition: int, head: int) -> Iterator[Recorded]:
    position = 0
    while position < head and (batch := log.read(partition, position, min(_BATCH, head - position))):
        yield from batch
        position = batch[-1].position + 1
