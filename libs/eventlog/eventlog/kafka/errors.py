"""What goes wrong with a topic on Kafka, beside StoreUnavailable.

LogError
├── TopicUnfit              the topic would lose records, or has another number of partitions: someone must mend it
└── ForeignRecord           the topic holds what its log's relay did not write
"""

from __future__ import annotations

from eventlog.errors import LogError


class TopicUnfit(LogError):
    """The topic `topic` cannot hold a log, for `reason`; `command` mends it."""

    def __init__(self, topic: str, reason: str, command: str) -> None:
        super().__init__(f"topic {topic} {reason}; to mend it: {command}")
        self.topic, self.reason, self.command = topic, reason, command


class ForeignRecord(LogError):
    """The message at `offset` of `topic`/`partition` is no record of that log and partition."""

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        super().__init__(f"{topic}/{partition}: the message at offset {offset} is no record of this log")
        self.topic, self.partition, self.offset = topic, partition, offset
