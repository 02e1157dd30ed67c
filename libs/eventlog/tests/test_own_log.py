"""A service's own log, put together, from an append to a follower of its own store and one of the topic."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from eventlog.conformance.audit import audit
from eventlog.conformance.material import append, records
from eventlog.errors import StoreMismatch, StoreUnavailable, WriterClosed
from eventlog.follower import Follower
from eventlog.local_topic import LocalTopic
from eventlog.own_log import open_sqlite

from .doubles import PATIENCE, TableEffect, database


def test_what_is_appended_reaches_followers_of_the_store_and_of_the_topic(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    own = open_sqlite(tmp_path / "log.db", "scripted", 2, topic)
    near, far = TableEffect(database(), partitions=2), TableEffect(database(), partitions=2)
    followers = [Follower("near", own.source, near), Follower("far", topic.source("scripted", 2), far)]
    own.start()
    for follower in followers:
        follower.start()

    async def play() -> None:
        tasks = [own.writer.append(append(f"s-{n}", 0, "1", "2")) for n in range(30)]
        for answer in await asyncio.gather(*tasks):
            last = answer.records[-1]
            for follower in followers:
                await asyncio.wait_for(follower.progress.reached(last.partition, last.position), PATIENCE)

    asyncio.run(play())
    for follower in followers:
        follower.stop()
    everything = audit(own.store)
    assert len(everything) == 60
    for partition in (0, 1):
        assert near.said(partition) == far.said(partition)
        assert len(near.said(partition)) == own.store.heads()[partition] == topic.heads("scripted", 2)[partition]
    own.close()
    topic.close()


def test_closed_and_opened_again_it_publishes_what_was_left(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    own = open_sqlite(tmp_path / "log.db", "log", 1, topic)
    asyncio.run(own.writer.append(append("a", 0, "1", "2", "3")))
    own.close()  # it was never started
    with pytest.raises(WriterClosed):
        asyncio.run(own.writer.append(append("a", 3, "4")))
    assert list(topic.heads("log", 1)) == [0]
    again = open_sqlite(tmp_path / "log.db", "log", 1, topic)
    again.start()
    feed = topic.source("log", 1).subscribe("f", {0: 0})
    assert len(feed.poll(10, PATIENCE)) == 3
    again.close()
    topic.close()


def test_another_log_does_not_open_in_its_place(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    open_sqlite(tmp_path / "log.db", "log", 1, topic).close()
    with pytest.raises(StoreMismatch):
        open_sqlite(tmp_path / "log.db", "other", 1, topic)
    topic.close()


def test_a_topic_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    with topic._file.write() as connection:
        connection.execute("DROP TABLE topic_records")
    with pytest.raises(StoreUnavailable, match="local topic"):
        topic.heads("log", 1)
    topic.close()


def test_subscribers_that_come_at_the_same_moment_all_hear_of_what_is_published(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    ready = threading.Barrier(8)

    def subscribe(_: int) -> object:
        ready.wait(PATIENCE)
        return topic.source("log", 1)._progress

    with ThreadPoolExecutor(8) as pool:
        bells = list(pool.map(subscribe, range(8)))
    assert all(bell is bells[0] for bell in bells)
    topic.publish(records("log", 0, range(3)))
    assert topic.source("log", 1)._progress.positions == [3]
    topic.close()
