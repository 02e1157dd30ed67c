"""The reading side of one log on Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from kafka import KafkaConsumer, TopicPartition

from eventlog.kafka.client import open_client, unavailable
from eventlog.kafka.feed import KafkaFeed
from eventlog.kafka.shared import SharedFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eventlog.kafka.settings import KafkaSettings


def measured(topic: str) -> dict[str, str]:
    """Return what work on a topic's records is measured under."""
    return {"messaging.system": "kafka", "messaging.destination.name": topic}


class KafkaSource:
    """See `eventlog.topic.Source`. Nothing is asked of Kafka before the first feed is opened."""

    def __init__(
        self, settings: KafkaSettings, log: str, topic: str, partitions: int, ready: Callable[[], None]
    ) -> None:
        self.log = log
        self.partitions = partitions
        self.measured: Mapping[str, str] = measured(topic)
        self._settings = settings
        self._topic = topic
        self._ready = ready
        self._feeds: WeakSet[KafkaFeed] = WeakSet()

    def subscribe(self, name: str, from_positions: Mapping[int, int]) -> KafkaFeed:
        """See `eventlog.topic.Source.subscribe`. Raises StoreUnavailable, and TopicUnfit."""
        self._ready()
        consumer = self._open(name)
        places = {TopicPartition(self._topic, p): position for p, position in from_positions.items()}
        with unavailable(f"topic {self._topic}"):
            consumer.assign(list(places))
            for place, position in places.items():
                consumer.seek(place, position)  # an offset; `eventlog.kafka` says why
        return self._opened(KafkaFeed(self.log, consumer))

    def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> KafkaFeed:
        """See `eventlog.topic.Source.share`: service and name are a group of Kafka's."""
        self._ready()
        consumer = self._open(
            name,
            group_id=f"lienthong.{self._settings.service}.{name}",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1000,
        )
        return self._opened(SharedFeed(self.log, self._topic, consumer, positions))

    def lag(self) -> dict[int, int]:
        """Return for each partition the messages known to come of the feed that is furthest behind."""
        worst: dict[int, int] = {}
        for feed in list(self._feeds):
            for partition, lag in feed.lag().items():
                worst[partition] = max(lag, worst.get(partition, 0))
        return worst

    def _opened(self, feed: KafkaFeed) -> KafkaFeed:
        self._feeds.add(feed)
        return feed

    def _open(self, name: str, **options: Any) -> KafkaConsumer:
        return open_client(
            KafkaConsumer,
            self._settings,
            client_id=f"lienthong-{name}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
            **options,
        )
