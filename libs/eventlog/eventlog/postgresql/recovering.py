"""Taking back from the topic what a restored log lacks: byte for byte, by the statements of every append.

Invariants:

1. A record goes in at its own position and version, with the bytes that the topic has, and only where it continues the
   partition, its stream and the time; the last records that the log still has must be the topic's too.
2. With it goes the request that made it, so that a command which is sent again gets its first answer.
3. It works under the log's role, which can add to a log and change nothing of it; a run that breaks off is repeated.

What was acknowledged and never published is in neither: it is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from eventlog.errors import GapFound, StoreUnavailable, TopicDisagrees
from eventlog.partition import partition_of
from eventlog.plan import Answered, Head, Plan
from eventlog.postgresql.address import log_url
from eventlog.postgresql.connecting import PATIENCE, connect, unavailable
from eventlog.postgresql.lane import Lane
from eventlog.postgresql.names import Names
from eventlog.store import Append, Request

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.store import Store
    from eventlog.topic import Feed, Topic

RequestOf = Callable[["Recorded"], Request | None]
_COMPARED = 1000  # records before the end of the log that must be the topic's
_BATCH = 500
_QUIET = 3.0  # seconds in which nothing comes at the end of a topic, whose heads a repeat may hide
_PATIENCE = 60.0  # seconds in which something must come before it


@dataclass(frozen=True)
class Recovered:
    """What a partition had, and what it has now."""

    partition: int
    before: int
    now: int


def recover(
    url: str, store: Store, topic: Topic, request_of: RequestOf, tell: Callable[[int, int], None]
) -> Sequence[Recovered]:
    """Append what the topic has beyond the log's end; return what became of each partition.

    `request_of` tells the request that made a record, None where none did. `tell` is told a partition and the position
    that it has got to. No replica of the service may run. Raises TopicDisagrees and GapFound before anything of the
    batch at fault is stored, and StoreUnavailable; to repeat it is safe.
    """
    before = list(store.heads())
    ends = list(topic.heads(store.log, store.partitions))
    starts = {partition: max(head - _COMPARED, 0) for partition, head in enumerate(before)}
    taking = _Taking(store, before, starts)
    with unavailable(url), ExitStack() as opened:
        feed = topic.source(store.log, store.partitions).subscribe("recovery", starts)
        opened.callback(feed.close)
        lane = Lane(connect(log_url(url, store.log)), store.log, Names(store.log).schema, PATIENCE)
        opened.callback(lane.close)
        for partition, records in _batches(taking.missing(feed, ends), request_of):
            _append(lane, store, partition, records, request_of)
            tell(partition, records[-1].position + 1)
    return [Recovered(partition, head, taking.next[partition]) for partition, head in enumerate(before)]


class _Taking:
    """What a feed gives, without repeats, compared with what the log has."""

    def __init__(self, store: Store, before: Sequence[int], starts: Mapping[int, int]) -> None:
        self._store = store
        self._before = before
        self.next = dict(starts)

    def missing(self, feed: Feed, ends: Sequence[int]) -> Iterator[tuple[int, Sequence[Recorded]]]:
        """Give what the log lacks, partition by partition in order, until the topic has nothing more."""
        heard = time.monotonic()
        while True:
            records = feed.poll(_BATCH, _QUIET)
            if records:
                heard = time.monotonic()
                partition = records[0].partition
                fresh = [each for each in self._fresh(records) if each.position >= self._before[partition]]
                if fresh:
                    yield partition, fresh
            elif all(self.next[partition] >= end for partition, end in enumerate(ends)):
                self.next = {partition: max(at, self._before[partition]) for partition, at in self.next.items()}
                return
            elif time.monotonic() - heard > _PATIENCE:
                raise StoreUnavailable(f"the topic of {self._store.log} does not show its end; try again")

    def _fresh(self, records: Sequence[Recorded]) -> list[Recorded]:
        partition, fresh = records[0].partition, []
        for each in records:
            if each.position > self.next[partition]:
                raise GapFound(each.log, partition, self.next[partition], each.position)
            if each.position == self.next[partition]:
                fresh.append(each)
                self.next[partition] += 1
        self._compare(partition, [each for each in fresh if each.position < self._before[partition]])
        return fresh

    def _compare(self, partition: int, records: Sequence[Recorded]) -> None:
        if not records:
            return
        stored = self._store.read(partition, records[0].position, len(records))
        for here, there in zip(stored, records, strict=True):
            if here.data != there.data:
                raise TopicDisagrees(here.log, partition, here.position, "is not the log's")


def _batches(
    missing: Iterable[tuple[int, Sequence[Recorded]]], request_of: RequestOf
) -> Iterator[tuple[int, list[Recorded]]]:
    """Give each partition's records so that those of one request are in one batch."""
    waiting: dict[int, list[Recorded]] = {}
    for partition, records in missing:
        waiting[partition] = together = waiting.get(partition, []) + list(records)
        cut = len(together) - 1
        last = request_of(together[-1])
        while cut and last is not None and request_of(together[cut - 1]) == last:
            cut -= 1
        if cut:
            yield partition, together[:cut]
        waiting[partition] = together[cut:]
    yield from waiting.items()


def _append(lane: Lane, store: Store, partition: int, records: Sequence[Recorded], request_of: RequestOf) -> None:
    requests = list(_requests(partition, records, request_of))
    streams = {each.stream for each in records}
    asked = [Append(stream, 0, (), None) for stream in streams]
    asked += [Append(records[0].stream, 0, (), each.request) for each in requests]
    heads, versions, seen = lane.begin(asked, store.partitions)
    end = _continues(store, heads[partition], versions, records)
    fresh = [each for each in requests if each.request.id not in seen]
    lane.commit(Plan(records=list(records), requests=fresh, heads={partition: end}))


def _continues(store: Store, head: Head, versions: Mapping[str, int], records: Sequence[Recorded]) -> Head:
    """Return the partition's end with the records; TopicDisagrees where they do not continue it."""
    size, micros, latest = head.size, head.micros, dict(versions)
    for each in records:
        wrong = (
            (each.position != size and f"is not the next one, {size}: a replica runs")
            or (each.version != latest.get(each.stream, 0) + 1 and "does not continue its stream")
            or (each.micros < micros and "is older than the one before")
            or (partition_of(each.stream, store.partitions) != each.partition and "is of another partition's stream")
        )
        if wrong:
            raise TopicDisagrees(each.log, each.partition, each.position, wrong)
        size, micros, latest[each.stream] = size + 1, each.micros, each.version
    return Head(size, micros)


def _requests(partition: int, records: Sequence[Recorded], request_of: RequestOf) -> Iterator[Answered]:
    for request, made in groupby(records, request_of):
        together = list(made)
        if request is not None:
            yield Answered(request, partition, together[0].position, len(together))
