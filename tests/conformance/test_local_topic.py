"""The topic of the embedded platform does what every topic must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.conformance.topic import TopicConformance
from eventlog.local_topic import LocalTopic

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.topic import Topic


class TestLocalTopic(TopicConformance):
    def open_topic(self, place: Path) -> Topic:
        return LocalTopic(place / "topic.db")
