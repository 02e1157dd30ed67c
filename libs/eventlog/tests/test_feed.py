"""A feed by position: partitions take turns, it sleeps until there is news, and a wake ends the sleep."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventlog.conformance.material import append, records, stream_in
from eventlog.errors import StoreUnavailable
from eventlog.feed import PositionSource
from eventlog.progress import Progress
from eventlog.record import Recorded

from .doubles import PATIENCE, MemoryStore

NEVER = 10 * PATIENCE  # a recheck that comes too late for any test


class Shelf:
    """Records to be read by position, and who tells of them."""

    def __init__(self, *sizes: int, partitions: int = 3) -> None:
        self.held = [records("log", p, range(sizes[p] if p < len(sizes) else 0)) for p in range(partitions)]
        self.progress = Progress([len(found) for found in self.held])
        self.reads: list[int] = []
        self.faults: list[Exception] = []
        self.read_once = threading.Event()

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        self.reads.append(partition)
        self.read_once.set()
        if self.faults:
            raise self.faults.pop()
        return self.held[partition][position : position + limit]

    def add(self, partition: int, *, tell: bool = True) -> None:
        size = len(self.held[partition])
        self.held[partition] += records("log", partition, [size])
        if tell:
            self.progress.moved(partition, size + 1)

    def source(self, recheck: float = NEVER) -> PositionSource:
        return PositionSource("log", len(self.held), self, self.progress, recheck)


def test_partitions_take_turns() -> None:
    feed = Shelf(6, 2, 4).source().subscribe("f", {0: 0, 1: 0, 2: 0})
    order = [(r[0].partition, len(r)) for r in iter(lambda: list(feed.poll(2, 0)), [])]
    assert order == [(0, 2), (1, 2), (2, 2), (0, 2), (2, 2), (0, 2)]


def test_a_partition_without_news_is_not_read() -> None:
    shelf = Shelf(1, 0, 0)
    feed = shelf.source().subscribe("f", {0: 0, 1: 0, 2: 0})
    assert len(feed.poll(10, 0)) == 1
    assert list(feed.poll(10, 0)) == []
    assert shelf.reads == [0]


def test_it_begins_where_it_is_told_and_only_in_the_partitions_named() -> None:
    feed = Shelf(5, 5, 5).source().subscribe("f", {1: 3})
    assert [r.position for r in feed.poll(10, 0)] == [3, 4]
    assert list(feed.poll(10, 0)) == []


def test_what_the_follower_does_with_its_positions_does_not_move_the_feed() -> None:
    positions = {0: 0}
    feed = Shelf(5).source().subscribe("f", positions)
    positions[0] = 4
    assert [r.position for r in feed.poll(10, 0)] == [0, 1, 2, 3, 4]


def test_news_ends_the_wait_at_once() -> None:
    shelf = Shelf()
    feed = shelf.source().subscribe("f", {0: 0})
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(feed.poll, 10, NEVER)
        shelf.add(0)
        assert len(poll.result(PATIENCE)) == 1


def test_a_wake_ends_the_wait_at_once() -> None:
    shelf = Shelf()
    feed, other = (shelf.source().subscribe("f", {0: 0}) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        poll, beside = pool.submit(feed.poll, 10, NEVER), pool.submit(other.poll, 10, NEVER)
        feed.wake()
        assert list(poll.result(PATIENCE)) == []
        assert not beside.done()  # it is not this one that was woken
        shelf.add(0)
        assert len(beside.result(PATIENCE)) == 1
    assert len(feed.poll(10, 0)) == 1


def test_a_wake_counts_for_one_poll() -> None:
    feed = Shelf(1).source().subscribe("f", {0: 0})
    feed.wake()
    assert list(feed.poll(10, NEVER)) == []
    assert len(feed.poll(10, NEVER)) == 1


def test_without_news_it_looks_by_itself_after_a_while() -> None:
    shelf = Shelf()
    feed = shelf.source(recheck=0.01).subscribe("f", {0: 0})
    shelf.add(0, tell=False)  # another process wrote
    assert len(feed.poll(10, PATIENCE)) == 1


def test_it_goes_on_looking_while_there_is_nothing() -> None:
    shelf = Shelf()
    feed = shelf.source(recheck=0.001).subscribe("f", {0: 0})
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(feed.poll, 10, NEVER)
        assert shelf.read_once.wait(PATIENCE)
        shelf.add(0, tell=False)
        assert len(poll.result(PATIENCE)) == 1


def test_a_read_that_failed_loses_nothing() -> None:
    shelf = Shelf(2, 2)
    shelf.faults = [StoreUnavailable("away")]
    feed = shelf.source().subscribe("f", {0: 0, 1: 0})
    with pytest.raises(StoreUnavailable):
        feed.poll(10, 0)
    assert sorted(r.partition for _ in range(2) for r in feed.poll(10, 0)) == [0, 0, 1, 1]
    feed.close()


def test_a_store_is_a_source() -> None:
    store = MemoryStore()
    store.append([append(stream_in(0, 4), 0, "1", "2")])
    source = PositionSource(store.log, store.partitions, store, Progress(store.heads()))
    assert len(source.subscribe("f", {0: 0}).poll(10, 0)) == 2
