"""The topics of the platform on Kafka; see `eventlog.kafka` for what holds of them."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from eventlog import metering, tracing
from eventlog.errors import StoreUnavailable
from eventlog.kafka.ends import Ends
from eventlog.kafka.fitness import Described, check, examine, make_fit
from eventlog.kafka.publisher import Publisher
from eventlog.kafka.source import KafkaSource, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.kafka.settings import KafkaSettings
    from eventlog.record import Recorded


def topic_name(log: str) -> str:
    """Return the name of a log's topic."""
    return f"lienthong.{log}"


class KafkaTopic:
    """See `eventlog.topic.Topic`. From any thread. It connects when it must, so it can be made while Kafka is away."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._publisher = Publisher(settings)
        self._ends = Ends(settings)
        self._lock = threading.Lock()
        self._partitions: dict[str, int] = {}  # of the logs that were spoken of
        self._fit: set[str] = set()  # the logs whose topics were found to be as they must
        self._closed = False

    def ensure(self, log: str, partitions: int) -> None:
        """Make the log's topic when it is missing, and check it: once, and again after an error.

        Raises TopicUnfit with the command that mends it, and StoreUnavailable. `heads` and `source` do it too.
        """
        if self._closed:
            raise StoreUnavailable("the topic is closed")
        with self._lock:
            if log not in self._fit or self._partitions[log] != partitions:
                make_fit(self._settings, topic_name(log), partitions)
                self._partitions[log] = partitions
                self._fit.add(log)

    def examine(self, log: str) -> Described | None:
        """Look at a log's topic, and change nothing; None when it is missing. Raises StoreUnavailable."""
        return examine(self._settings, topic_name(log))

    def check(self, log: str, partitions: int, found: Described) -> None:
        """Raise TopicUnfit when a topic that was examined would not keep its log."""
        check(self._settings, topic_name(log), partitions, found)

    def publish(self, records: Sequence[Recorded]) -> None:
        """See `eventlog.topic.Topic.publish`: on return all in-sync copies have them. Raises TopicUnfit too."""
        log = records[0].log
        self.ensure(log, self._partitions.get(log, self._settings.partitions))
        named = measured(topic_name(log))
        try:
            with metering.publishing(named), tracing.published(named, records):
                self._publisher.publish(topic_name(log), records)
        except StoreUnavailable:
            self._forget(log)
            raise

    def heads(self, log: str, partitions: int) -> Sequence[int]:
        """See `eventlog.topic.Topic.heads`. A late repeat at the end makes a head smaller than it was."""
        self.ensure(log, partitions)
        try:
            return self._ends.heads(log, topic_name(log), partitions)
        except StoreUnavailable:
            self._forget(log)
            raise

    def source(self, log: str, partitions: int) -> KafkaSource:
        """See `eventlog.topic.Topic.source`."""
        return KafkaSource(self._settings, log, topic_name(log), partitions, partial(self.ensure, log, partitions))

    def close(self) -> None:
        """See `eventlog.topic.Topic.close`; feeds are closed by who opened them."""
        self._closed = True
        self._publisher.close()
        self._ends.close()

    def _forget(self, log: str) -> None:
        with self._lock:
            self._fit.discard(log)
