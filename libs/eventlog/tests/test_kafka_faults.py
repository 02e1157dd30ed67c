"""Kafka dies, stands still and comes back: nothing is lost, nothing is out of order, nobody hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from eventlog.conformance.material import records
from eventlog.errors import StoreUnavailable
from eventlog.kafka import KafkaTopic
from kafka_local import Kafka, missing

from .kafka_world import first_appearances, follow, impatient, in_topic, new_log, relay, wait_until

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no broker to kill: {missing()}")


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with Kafka() as kafka:
        yield kafka


@pytest.fixture
def topic(kafka: Kafka) -> Iterator[KafkaTopic]:
    topic = KafkaTopic(impatient(kafka.bootstrap))
    yield topic
    topic.close()


def test_a_broker_killed_in_the_midst_leaves_no_gap_and_its_readers_go_on(kafka: Kafka, topic: KafkaTopic) -> None:
    log, total = new_log(), 6_000
    feed = topic.source(log, 1).subscribe("reader", {0: 0})
    reading = threading.Thread(target=follow, args=(feed, 0, total))
    published: list[int] = []
    publishing = threading.Thread(target=relay, args=(topic, records(log, 0, range(total)), 40, published.append))
    reading.start()
    publishing.start()
    wait_until(lambda: len(published) > 20)
    kafka.kill(1)
    assert publishing.is_alive(), "it was killed too late"
    kafka.start_node(1)
    publishing.join()
    reading.join()
    feed.close()
    assert first_appearances(in_topic(kafka.bootstrap, log)) == list(range(total))


def test_what_arrives_late_is_a_repeat(kafka: Kafka, topic: KafkaTopic) -> None:
    log = new_log()
    topic.publish(records(log, 0, range(10)))
    kafka.pause(1)
    with pytest.raises(StoreUnavailable):
        topic.publish(records(log, 0, range(10, 20)))  # the broker's socket has it
    kafka.resume(1)
    relay(topic, records(log, 0, range(30)), 10, lambda _: None)
    assert first_appearances(in_topic(kafka.bootstrap, log)) == list(range(30))


def test_no_call_hangs_while_the_broker_stands_still(kafka: Kafka, topic: KafkaTopic) -> None:
    log = new_log()
    topic.publish(records(log, 0, range(3)))
    feed = topic.source(log, 1).subscribe("reader", {0: 0})
    follow(feed, 0, 3)
    kafka.pause(1)
    begun = time.monotonic()
    assert list(feed.poll(10, 0.5)) == []
    assert time.monotonic() - begun < 2
    with pytest.raises(StoreUnavailable):
        topic.heads(log, 1)
    with pytest.raises(StoreUnavailable):
        topic.source(log, 1).subscribe("another", {0: 0})
    feed.close()
    assert time.monotonic() - begun < 20
    kafka.resume(1)
    wait_until(lambda: _head(topic, log) == 3)


def test_where_nobody_listens_every_call_says_so_and_leaves_nothing_behind() -> None:
    before = threading.active_count()
    topic = KafkaTopic(replace(impatient("127.0.0.1:1"), connect_seconds=0.5))
    log = new_log()
    for call in (
        lambda: topic.publish(records(log, 0, range(1))),
        lambda: topic.heads(log, 1),
        lambda: topic.source(log, 1).subscribe("reader", {0: 0}),
    ):
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1"):
            call()
    topic.close()
    wait_until(lambda: threading.active_count() <= before)


def _head(topic: KafkaTopic, log: str) -> int:
    try:
        return topic.heads(log, 1)[0]
    except StoreUnavailable:
        return -1
