"""How far a topic has got. Offsets are no positions, since there are repeats: the last message tells its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kafka import KafkaConsumer, TopicPartition

from eventlog.errors import StoreUnavailable
from eventlog.kafka.client import open_client, unavailable
from eventlog.kafka.messages import read_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventlog.kafka.settings import KafkaSettings


class Ends:
    """Reads the last message of each partition; threads take turns."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._consumer: KafkaConsumer | None = None

    def heads(self, log: str, topic: str, partitions: int) -> list[int]:
        """Return the position after the last message of each partition; 0 for none. Raises StoreUnavailable."""
        with self._lock:
            try:
                with unavailable(f"topic {topic}"):
                    return self._heads(log, topic, partitions)
            except BaseException:
                self._throw_away()
                raise

    def close(self) -> None:
        """End the consumer."""
        with self._lock:
            self._throw_away()

    def _heads(self, log: str, topic: str, partitions: int) -> list[int]:
        consumer = self._consumer = self._consumer or self._open()
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        ends = consumer.end_offsets(places, timeout_ms=self._settings.request_seconds * 1000)
        last = {place: ends[place] - 1 for place in places if ends[place]}
        consumer.assign(list(last))
        for place, offset in last.items():
            consumer.seek(place, offset)
        found = self._read(consumer, log, last)
        consumer.unsubscribe()
        return [found.get(partition, 0) for partition in range(partitions)]

    def _read(self, consumer: KafkaConsumer, log: str, last: Mapping[TopicPartition, int]) -> dict[int, int]:
        give_up = time.monotonic() + self._settings.request_seconds
        found: dict[int, int] = {}
        while len(found) < len(last):
            if time.monotonic() > give_up:
                raise StoreUnavailable(f"log {log}: its topic does not show its last messages")
            for place, messages in consumer.poll(timeout_ms=100).items():
                found[place.partition] = read_message(log, messages[-1]).position + 1
        return found

    def _open(self) -> KafkaConsumer:
        return open_client(
            KafkaConsumer,
            self._settings,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            max_partition_fetch_bytes=4096,  # a message that is longer comes whole all the same
            metrics_enabled=False,
        )

    def _throw_away(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=1000)
