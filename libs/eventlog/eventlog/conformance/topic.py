"""The suite of the topic port. An adapter subclasses it and says how its topic is opened.

A topic may give repeats, so what a feed gives is taken as a follower takes it: repeats are dropped, a gap is an error.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest

from eventlog.conformance.material import records, texts
from eventlog.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from eventlog.record import Recorded
    from eventlog.topic import Feed, Topic

PARTITIONS = 3
_PATIENCE = 30.0  # seconds until a case gives up; none waits this long when all is well
_numbers = count()


class TopicConformance(ABC):
    """All cases of the topic port."""

    @abstractmethod
    def open_topic(self, place: Path) -> Topic:
        """Open the topic at a place, or make it. The same place opens the same topic."""

    @pytest.fixture
    def topic(self, tmp_path: Path) -> Iterator[Topic]:
        """Give an open topic."""
        topic = self.open_topic(tmp_path)
        yield topic
        topic.close()

    @pytest.fixture
    def log(self) -> str:
        """Give a name of a log that no other test has used."""
        return f"log-{time.time_ns():x}-{next(_numbers)}"

    def test_a_topic_that_holds_nothing_has_heads_of_zero(self, topic: Topic, log: str) -> None:
        assert list(topic.heads(log, PARTITIONS)) == [0] * PARTITIONS

    def test_heads_are_after_the_last_record_held(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 1, range(5)))
        assert list(topic.heads(log, PARTITIONS)) == [0, 5, 0]
        topic.publish(records(log, 1, range(5, 6)))
        topic.publish(records(log, 2, range(3)))
        assert list(topic.heads(log, PARTITIONS)) == [0, 6, 3]

    def test_logs_do_not_mix(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(5)))
        topic.publish(records(f"{log}-other", 0, range(2)))
        assert list(topic.heads(log, PARTITIONS)) == [5, 0, 0]
        with _reading(topic, log, {0: 0}) as feed:
            assert {recorded.log for recorded in _take(feed, {0: 0}, {0: 5})[0]} == {log}

    def test_what_is_published_arrives_in_order_and_byte_by_byte(self, topic: Topic, log: str) -> None:
        published = [*records(log, 0, range(40)), *records(log, 0, range(40, 60))]
        topic.publish(published[:40])
        topic.publish(published[40:])
        with _reading(topic, log, {0: 0}) as feed:
            assert _take(feed, {0: 0}, {0: 60})[0] == published

    def test_what_is_published_after_the_subscription_arrives(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(2)))
        with _reading(topic, log, {0: 0, 1: 0}) as feed:
            _take(feed, {0: 0}, {0: 2})
            topic.publish(records(log, 1, range(3)))
            assert len(_take(feed, {1: 0}, {1: 3})[1]) == 3

    def test_a_poll_that_waits_is_given_what_comes(self, topic: Topic, log: str) -> None:
        with _reading(topic, log, {0: 0}) as feed:
            waiting = _Taking(feed, {0: 0}, {0: 4})
            topic.publish(records(log, 0, range(4)))
            assert texts(waiting.result()[0]) == ["0", "1", "2", "3"]

    def test_to_publish_again_is_harmless(self, topic: Topic, log: str) -> None:
        published = records(log, 0, range(10))
        topic.publish(published[:6])
        topic.publish(published[:6])
        topic.publish(published[3:10])
        assert topic.heads(log, PARTITIONS)[0] == 10
        with _reading(topic, log, {0: 0}) as feed:
            assert _take(feed, {0: 0}, {0: 10})[0] == published

    def test_heads_never_tell_more_than_is_held_after_repeats(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(6)))
        topic.publish(records(log, 0, range(2)))
        assert topic.heads(log, PARTITIONS)[0] in range(2, 7)

    @pytest.mark.parametrize("start", [0, 1, 7, 9])
    def test_a_feed_begins_where_its_follower_stands(self, topic: Topic, log: str, start: int) -> None:
        published = records(log, 0, range(10))
        topic.publish(published[:5])
        topic.publish(published[2:])
        with _reading(topic, log, {0: start}) as feed:
            assert _take(feed, {0: start}, {0: 10})[0] == published[start:]

    def test_a_feed_that_begins_at_the_head_is_given_only_what_is_new(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(5)))
        with _reading(topic, log, {0: 5}) as feed:
            topic.publish(records(log, 0, range(5, 7)))
            assert texts(_take(feed, {0: 5}, {0: 7})[0]) == ["5", "6"]

    def test_only_the_partitions_named_are_given(self, topic: Topic, log: str) -> None:
        for partition in range(PARTITIONS):
            topic.publish(records(log, partition, range(5)))
        with _reading(topic, log, {0: 0, 2: 3}) as feed:
            taken = _take(feed, {0: 0, 2: 3}, {0: 5, 2: 5})
        assert {partition: texts(found) for partition, found in taken.items()} == {0: list("01234"), 2: list("34")}

    def test_two_subscribers_each_get_everything(self, topic: Topic, log: str) -> None:
        first, second = topic.source(log, PARTITIONS), topic.source(log, PARTITIONS)
        feeds = [first.subscribe("a", {0: 0}), first.subscribe("b", {0: 0}), second.subscribe("a", {0: 2})]
        topic.publish(records(log, 0, range(5)))
        for feed, start in zip(feeds, (0, 0, 2), strict=True):
            assert len(_take(feed, {0: start}, {0: 5})[0]) == 5 - start
            feed.close()

    def test_a_poll_gives_at_most_its_limit_and_of_one_partition(self, topic: Topic, log: str) -> None:
        for partition in range(PARTITIONS):
            topic.publish(records(log, partition, range(20)))
        start, end = dict.fromkeys(range(PARTITIONS), 0), dict.fromkeys(range(PARTITIONS), 20)
        with _reading(topic, log, start) as feed:
            taken = _take(feed, start, end, limit=7)
        assert {len(found) for found in taken.values()} == {20}

    def test_a_busy_partition_does_not_keep_the_others_waiting(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(2000)))
        topic.publish(records(log, 1, range(1)))
        with _reading(topic, log, {0: 0, 1: 0}) as feed:
            before = 0
            while (found := feed.poll(10, _PATIENCE))[0].partition == 0:
                before += len(found)
        assert before < 2000

    def test_an_empty_poll_ends_after_its_timeout(self, topic: Topic, log: str) -> None:
        with _reading(topic, log, {0: 0}) as feed:
            assert list(feed.poll(10, 0.05)) == []

    def test_a_wake_ends_a_poll_that_waits(self, topic: Topic, log: str) -> None:
        with _reading(topic, log, {0: 0}) as feed:
            ended = threading.Event()

            def wait() -> None:
                feed.poll(10, 2 * _PATIENCE)
                ended.set()

            poll = threading.Thread(target=wait)
            poll.start()
            feed.wake()
            assert ended.wait(_PATIENCE)
            poll.join()

    def test_a_wake_before_the_poll_ends_it_at_once(self, topic: Topic, log: str) -> None:
        with _reading(topic, log, {0: 0}) as feed:
            feed.wake()
            begun = time.monotonic()
            assert list(feed.poll(10, 2 * _PATIENCE)) == []
            assert time.monotonic() - begun < _PATIENCE

    def test_a_wake_loses_nothing(self, topic: Topic, log: str) -> None:
        topic.publish(records(log, 0, range(10)))
        with _reading(topic, log, {0: 0}) as feed:
            feed.wake()
            assert texts(_take(feed, {0: 0}, {0: 3}, limit=3)[0]) == list("012")
            feed.wake()
            assert texts(_take(feed, {0: 3}, {0: 10}, limit=3)[0]) == list("3456789")

    def test_opened_again_it_holds_what_it_held(self, topic: Topic, log: str, tmp_path: Path) -> None:
        topic.publish(records(log, 0, range(5)))
        again = self.open_topic(tmp_path)
        assert list(again.heads(log, PARTITIONS)) == [5, 0, 0]
        with _reading(again, log, {0: 0}) as feed:
            assert len(_take(feed, {0: 0}, {0: 5})[0]) == 5
        again.close()

    def test_closed_it_takes_nothing_and_says_so(self, log: str, tmp_path: Path) -> None:
        topic = self.open_topic(tmp_path)
        topic.close()
        with pytest.raises(StoreUnavailable):
            topic.publish(records(log, 0, range(1)))


@contextmanager
def _reading(topic: Topic, log: str, start: Mapping[int, int]) -> Iterator[Feed]:
    """Open a feed."""
    feed = topic.source(log, PARTITIONS).subscribe("conformance", start)
    yield feed
    feed.close()


class _Taking:
    """What a thread takes from a feed."""

    def __init__(self, feed: Feed, start: Mapping[int, int], end: Mapping[int, int]) -> None:
        self._taken: dict[int, list[Recorded]] = {}
        self._thread = threading.Thread(target=lambda: self._taken.update(_take(feed, start, end)))
        self._thread.start()

    def result(self) -> dict[int, list[Recorded]]:
        self._thread.join(_PATIENCE)
        return self._taken


def _take(feed: Feed, start: Mapping[int, int], end: Mapping[int, int], limit: int = 1000) -> dict[int, list[Recorded]]:
    """Poll until every partition has got to its end, as a follower does."""
    taken: dict[int, list[Recorded]] = {partition: [] for partition in start}
    give_up = time.monotonic() + _PATIENCE
    while any(start[partition] + len(taken[partition]) < end[partition] for partition in start):
        assert time.monotonic() < give_up, f"only {taken} came"
        found = feed.poll(limit, 1.0)
        assert len(found) <= limit
        assert len({recorded.partition for recorded in found}) <= 1
        for recorded in found:
            wanted = start[recorded.partition] + len(taken[recorded.partition])
            assert recorded.position <= wanted, "a feed has no gap"
            if recorded.position == wanted:
                taken[recorded.partition].append(recorded)
    return taken
