"""What the tests of the topic on Kafka share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

from eventlog.errors import StoreUnavailable
from eventlog.kafka import KafkaSettings, KafkaTopic, topic_name
from eventlog.record import Recorded, parse
from eventlog.topic import Feed
from kafka import KafkaConsumer, TopicPartition

PATIENCE = 60.0  # seconds; none waits this long when all is well
_numbers = count()


def new_log() -> str:
    """Return the name of a log that no other test uses."""
    return f"log-{time.time_ns():x}-{next(_numbers)}"


def impatient(bootstrap: str, partitions: int = 1) -> KafkaSettings:
    """Return settings with which a broker that is away is noticed soon."""
    return KafkaSettings(
        bootstrap, partitions=partitions, connect_seconds=2.0, request_seconds=3.0, publish_seconds=3.0
    )


def wait_until(what: Callable[[], bool]) -> None:
    """Wait for a condition."""
    give_up = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.02)


def in_topic(bootstrap: str, log: str, partition: int = 0) -> list[Recorded]:
    """Read a partition as it is, with its repeats."""
    place = TopicPartition(topic_name(log), partition)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    consumer.assign([place])
    consumer.seek(place, 0)
    end = consumer.end_offsets([place])[place]
    found: list[Recorded] = []
    while len(found) < end:
        found += [parse(message.value) for messages in consumer.poll(1000).values() for message in messages]
    consumer.close()
    return found


def first_appearances(records: Sequence[Recorded]) -> list[int]:
    """Return the positions without repeats; AssertionError at a gap."""
    seen: list[int] = []
    for recorded in records:
        assert recorded.position <= len(seen), f"{recorded.position} came where {len(seen)} comes next"
        if recorded.position == len(seen):
            seen.append(recorded.position)
    return seen


def follow(feed: Feed, start: int, end: int) -> None:
    """Take one partition from `start` to `end` as a follower does; AssertionError at a gap."""
    give_up = time.monotonic() + PATIENCE
    while start < end:
        assert time.monotonic() < give_up, f"only {start} came"
        for recorded in feed.poll(100, 0.5):
            assert recorded.position <= start, "a feed has no gap"
            start = max(start, recorded.position + 1)


def relay(topic: KafkaTopic, records: Sequence[Recorded], batch: int, told: Callable[[int], None]) -> None:
    """Publish all as a relay does: in order, and after an error again from where the topic is."""
    position = 0
    while position < len(records):
        try:
            topic.publish(records[position : position + batch])
            position += batch
            told(position)
        except StoreUnavailable:
            position = min(position, _head(topic, records[0]))


def _head(topic: KafkaTopic, record: Recorded) -> int:
    while True:
        try:
            return topic.heads(record.log, 1)[record.partition]
        except StoreUnavailable:
            time.sleep(0.05)
