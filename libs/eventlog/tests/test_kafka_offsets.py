"""Offsets are no positions: whatever was repeated, a reader that begins at offset p finds position p, and no gap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventlog.conformance.material import records
from eventlog.kafka import KafkaSettings, KafkaTopic, topic_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka import KafkaAdminClient

from .kafka_world import first_appearances, follow, in_topic, new_log


@pytest.fixture(scope="module")
def topic(kafka_bootstrap: str) -> Iterator[KafkaTopic]:
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap, partitions=1))
    yield topic
    topic.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    publications=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8)), min_size=1, max_size=8),
    reader=st.integers(0, 1000),
)
def test_a_reader_that_begins_at_any_position_sees_no_gap(
    topic: KafkaTopic, kafka_bootstrap: str, publications: list[tuple[int, int]], reader: int
) -> None:
    """Each publication begins so many before the head (a relay that begins again), and has so many records."""
    log = new_log()
    head = 0
    for back, length in publications:
        start = max(head - back, 0)
        topic.publish(records(log, 0, range(start, start + length)))
        head = max(head, start + length)
    held = in_topic(kafka_bootstrap, log)
    assert first_appearances(held) == list(range(head))
    assert topic.heads(log, 1)[0] == held[-1].position + 1

    position = reader % head
    feed = topic.source(log, 1).subscribe("reader", {0: position})
    follow(feed, position, head)
    feed.close()


def test_a_publication_larger_than_a_batch_of_kafka_comes_whole_and_in_order(
    topic: KafkaTopic, kafka_bootstrap: str
) -> None:
    log = new_log()
    published = records(log, 0, range(9_000))  # more than a megabyte with headers
    topic.publish(published)
    assert in_topic(kafka_bootstrap, log) == published


def test_a_topic_made_anew_is_read_from_its_beginning(kafka_bootstrap: str) -> None:
    log = new_log()
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap, partitions=1))
    topic.publish(records(log, 0, range(50)))
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.delete_topics([topic_name(log)])
    again = KafkaTopic(KafkaSettings(kafka_bootstrap, partitions=1))
    again.publish(records(log, 0, range(20)))
    feed = again.source(log, 1).subscribe("reader", {0: 50})  # its follower has seen more than the topic has
    follow(feed, 0, 20)
    feed.close()
    for each in (admin, topic, again):
        each.close()
