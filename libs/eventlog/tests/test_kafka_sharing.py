"""Feeds of one name divide a log among them; when one goes, the others take what it had."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest
from eventlog.conformance.material import records
from eventlog.errors import StoreUnavailable
from eventlog.kafka import KafkaSettings, KafkaTopic

from .kafka_world import new_log, wait_until

PARTITIONS = 4


class Group:
    """The stored positions of a follower, and its replicas: each takes records only as the stored position says."""

    def __init__(self, topic: KafkaTopic, log: str) -> None:
        self.source = topic.source(log, PARTITIONS)
        self.lock = threading.Lock()
        self.stored = dict.fromkeys(range(PARTITIONS), 0)
        self.by: dict[tuple[int, int], str] = {}  # partition, position -> the replica that took it
        self.gaps: list[tuple[int, int]] = []

    def positions(self) -> Mapping[int, int]:
        with self.lock:
            return dict(self.stored)


class Replica(threading.Thread):
    """One of a group."""

    def __init__(self, group: Group, name: str) -> None:
        super().__init__()
        self.called = name
        self.group = group
        self.feed = group.source.share(f"sharing.{group.source.log}", group.positions)
        self.stopping = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.stopping.is_set():
            for recorded in self.feed.poll(50, 0.5):
                self._take(recorded.partition, recorded.position)
        self.feed.close()

    def _take(self, partition: int, position: int) -> None:
        with self.group.lock:
            wanted = self.group.stored[partition]
            if position > wanted:
                self.group.gaps.append((partition, position))
            if position == wanted:
                self.group.stored[partition] += 1
                self.group.by[partition, position] = self.called

    def stop(self) -> None:
        self.stopping.set()
        self.feed.wake()
        self.join()


@pytest.fixture
def topic(kafka_bootstrap: str) -> Iterator[KafkaTopic]:
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap, partitions=PARTITIONS))
    yield topic
    topic.close()


def test_two_feeds_divide_the_log_and_one_takes_over_from_the_other(topic: KafkaTopic) -> None:
    log = new_log()
    group = Group(topic, log)
    first, second = Replica(group, "first"), Replica(group, "second")
    wait_until(lambda: len(first.feed.lag() | second.feed.lag()) == 0)  # nothing was published yet
    end = 0
    while len(_latest(group, end)) < 2:  # until the group has settled, either may have all
        _publish(topic, log, end, end + 5)
        end += 5
        wait_until(lambda: set(group.positions().values()) == {end})  # noqa: B023 - asked before it changes
    assert _latest(group, end) == {"first", "second"}

    second.stop()
    _publish(topic, log, end, end + 5)
    wait_until(lambda: set(group.positions().values()) == {end + 5})
    assert {group.by[partition, end + 4] for partition in range(PARTITIONS)} == {"first"}
    first.stop()
    assert not group.gaps


def test_a_feed_begins_where_its_follower_stands(topic: KafkaTopic) -> None:
    log = new_log()
    _publish(topic, log, 0, 20)
    group = Group(topic, log)
    group.stored = {0: 0, 1: 20, 2: 7, 3: 19}
    replica = Replica(group, "only")
    wait_until(lambda: set(group.positions().values()) == {20})
    replica.stop()
    assert sorted(group.by) == [(0, n) for n in range(20)] + [(2, n) for n in range(7, 20)] + [(3, 19)]
    assert not group.gaps


def test_feeds_of_two_names_are_each_given_everything(topic: KafkaTopic) -> None:
    log = new_log()
    _publish(topic, log, 0, 5)
    source = topic.source(log, PARTITIONS)
    for name in ("one", "two"):
        given: set[tuple[int, int]] = set()
        feed = source.share(f"{name}.{log}", dict)
        nothing = dict.fromkeys(range(PARTITIONS), 0)
        while len(given) < 5 * PARTITIONS or source.lag() != nothing:  # known as of the last fetch
            given |= {(recorded.partition, recorded.position) for recorded in feed.poll(100, 1.0)}
        feed.close()


def test_a_follower_that_cannot_tell_its_positions_hears_of_it(topic: KafkaTopic) -> None:
    def away() -> Mapping[int, int]:
        raise StoreUnavailable("the database is away")

    log = new_log()
    feed = topic.source(log, PARTITIONS).share(f"away.{log}", away)
    with pytest.raises(StoreUnavailable, match="the database is away"):
        wait_until(lambda: bool(feed.poll(10, 1.0)))  # it asks once the group has given it partitions
    feed.close()


def _publish(topic: KafkaTopic, log: str, start: int, end: int) -> None:
    for partition in range(PARTITIONS):
        topic.publish(records(log, partition, range(start, end)))


def _latest(group: Group, end: int) -> set[str]:
    return {group.by[partition, end - 1] for partition in range(PARTITIONS) if end}
