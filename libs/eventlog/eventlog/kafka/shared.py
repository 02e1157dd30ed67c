"""A feed that shares a log with all others of its name, in all processes: a consumer group, for assignment alone.

Nothing is committed to Kafka: the positions are the follower's own. A partition that comes is held still until the
feed has asked for them; what was fetched of a partition that goes is thrown away, for its next owner reads it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafka import ConsumerRebalanceListener, KafkaConsumer

from eventlog.kafka.client import unavailable
from eventlog.kafka.feed import KafkaFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kafka import TopicPartition


class SharedFeed(KafkaFeed):
    """See `eventlog.topic.Source.share`."""

    def __init__(
        self, log: str, topic: str, consumer: KafkaConsumer, positions: Callable[[], Mapping[int, int]]
    ) -> None:
        super().__init__(log, consumer)
        self._positions = positions
        self._changes = _Changes(consumer)
        consumer.subscribe([topic], listener=self._changes)

    def _fetch(self, seconds: float) -> None:
        super()._fetch(seconds)
        if self._changes.any:
            self._begin(self._changes.take())

    def _begin(self, places: set[TopicPartition]) -> None:
        """Forget what was fetched before the change, and read what is ours now from where its follower stands."""
        self._fetched.clear()
        self._given.clear()
        if not places:
            return
        positions = self._positions()
        with unavailable(f"log {self._log}"):
            for place in places:
                self._consumer.seek(place, positions.get(place.partition, 0))
            self._consumer.resume(*places)


class _Changes(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python is untyped
    """What the group has decided; told by the consumer's thread while the follower's waits in poll."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self.any = False
        self._consumer = consumer
        self._ours: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Forget what was ours: all of it, since the group assigns anew."""
        self._ours -= revoked
        self.any = True

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Hold them still until their positions are known."""
        self._consumer.pause(*assigned)
        self._ours = set(assigned)
        self.any = True

    def take(self) -> set[TopicPartition]:
        """Return what is ours, once for each change."""
        self.any = False
        return set(self._ours)
