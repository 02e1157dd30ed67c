"""A feed from Kafka: one consumer, driven by its follower's thread.

What the consumer has fetched of several partitions is kept here and given partition by partition, in turns.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from kafka import KafkaConsumer

from eventlog.kafka.client import unavailable
from eventlog.kafka.messages import read_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka.consumer.fetcher import ConsumerRecord

    from eventlog.record import Recorded

_SLICE = 0.1  # seconds of waiting after which a wake is seen
_PLENTY = 1_000_000  # messages: as many as were fetched, which max_partition_fetch_bytes bounds
_CLOSING = 2_000  # milliseconds to leave a group


class KafkaFeed:
    """See `eventlog.topic.Feed`; a partition's messages may begin before the position wanted."""

    def __init__(self, log: str, consumer: KafkaConsumer) -> None:
        self._log = log
        self._consumer = consumer
        self._fetched: dict[int, deque[ConsumerRecord]] = {}  # in the order of turns
        self._given: dict[int, int] = {}  # partition -> the offset after the last message given
        self._ends: dict[int, int] = {}  # partition -> the topic's end, when it was last heard of
        self._woken = threading.Event()

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        """See `eventlog.topic.Feed.poll`. Empty while no broker answers; the consumer looks for one by itself.

        Raises StoreUnavailable when the consumer cannot go on, and ForeignRecord.
        """
        end = time.monotonic() + timeout
        while not self._woken.is_set():
            left = end - time.monotonic()
            if not self._fetched:
                self._fetch(max(0.0, min(left, _SLICE)))
            if self._fetched:
                return self._give(limit)
            if left <= 0:
                return ()
        self._woken.clear()
        return ()

    def wake(self) -> None:
        """See `eventlog.topic.Feed.wake`; a running poll ends within a tenth of a second."""
        self._woken.set()

    def close(self) -> None:
        """See `eventlog.topic.Feed.close`."""
        with unavailable(f"log {self._log}"):
            self._consumer.close(autocommit=False, timeout_ms=_CLOSING)

    def lag(self) -> dict[int, int]:
        """Return for each partition read how many messages are known to come. From any thread."""
        given, ends = self._given.copy(), self._ends.copy()
        return {partition: max(ends[partition] - offset, 0) for partition, offset in given.items() if partition in ends}

    def _give(self, limit: int) -> Sequence[Recorded]:
        partition, messages = next(iter(self._fetched.items()))
        some = list(islice(messages, limit))
        records = [read_message(self._log, message) for message in some]  # what is no record stays, and is told again
        del self._fetched[partition]
        self._given[partition] = some[-1].offset + 1
        for _ in some:
            messages.popleft()
        if messages:
            self._fetched[partition] = messages
        return records

    def _fetch(self, seconds: float) -> None:
        with unavailable(f"log {self._log}"):
            found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=_PLENTY)
        for place, messages in found.items():
            self._fetched[place.partition] = deque(messages)
            self._ends[place.partition] = self._consumer.highwater(place)
