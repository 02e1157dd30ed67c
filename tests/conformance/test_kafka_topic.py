"""The topic on Apache Kafka does what every topic must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eventlog.conformance.topic import PARTITIONS, TopicConformance
from eventlog.kafka import KafkaSettings, KafkaTopic

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.topic import Topic


class TestKafkaTopic(TopicConformance):
    """A log has a topic of its own, so one broker is every place."""

    @pytest.fixture(autouse=True)
    def broker(self, kafka_bootstrap: str) -> None:
        self.bootstrap = kafka_bootstrap

    def open_topic(self, place: Path) -> Topic:  # noqa: ARG002 - every place is the broker
        return KafkaTopic(KafkaSettings(self.bootstrap, partitions=PARTITIONS))
