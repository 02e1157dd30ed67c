"""Two processes with one log hear of each other's commits, and divide the work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eventlog.conformance.audit import audit
from eventlog.conformance.material import append
from eventlog.follower import Follower
from eventlog.local_topic import LocalTopic
from eventlog.own_log import OwnLog
from eventlog.postgresql import log_url, migrate, news, open_postgresql

from .doubles import PATIENCE, TableEffect, database
from .postgresql_world import cut_all, execute

PARTITIONS = 2


@pytest.fixture
def replica(fresh_database: str, tmp_path: Path) -> Iterator[Callable[[], OwnLog]]:
    """Open replicas of one service, with one topic; all are closed after the test."""
    migrate(fresh_database, "scripted", PARTITIONS)
    topic = LocalTopic(tmp_path / "topic.db")
    opened: list[OwnLog] = []

    def opens() -> OwnLog:
        opened.append(open_postgresql(fresh_database, "scripted", PARTITIONS, topic))
        return opened[-1]

    yield opens
    for own in opened:
        own.close()
    topic.close()


def say(own: OwnLog, stream: str, version: int, *texts: str) -> tuple[int, int]:
    """Append; return where the last record stands."""
    last = asyncio.run(own.writer.append(append(stream, version, *texts))).records[-1]
    return last.partition, last.position


def hears(own: OwnLog, at: tuple[int, int]) -> bool:
    return own.writer.committed.wait_beyond({at[0]: at[1]}, PATIENCE)


def test_what_one_replica_commits_the_other_is_told(
    replica: Callable[[], OwnLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "_RECHECK", 10 * PATIENCE)
    first, second = replica(), replica()
    for version in range(5):
        assert hears(second, say(first, "a", version, "x"))


def test_what_was_not_told_is_seen_all_the_same(
    replica: Callable[[], OwnLog], monkeypatch: pytest.MonkeyPatch, fresh_database: str
) -> None:
    monkeypatch.setattr(news, "_RECHECK", 0.05)
    own = replica()
    execute(fresh_database, "UPDATE log_scripted.log_heads SET size = 7 WHERE partition = 1")
    assert hears(own, (1, 6))
    execute(fresh_database, "UPDATE log_scripted.log_heads SET size = 0 WHERE partition = 1")


def test_a_listener_that_was_cut_off_listens_again_and_has_missed_nothing(
    replica: Callable[[], OwnLog],
    fresh_database: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(news, "_RECHECK", 10 * PATIENCE)
    own = replica()
    assert hears(own, say(own, "a", 0, "x"))
    execute(fresh_database, "UPDATE log_scripted.log_heads SET size = 7 WHERE partition = 1")
    with caplog.at_level(logging.WARNING):
        cut_all(fresh_database)
        assert hears(own, (1, 6))
    assert "will be late" in caplog.text
    execute(fresh_database, "UPDATE log_scripted.log_heads SET size = 0 WHERE partition = 1")


def test_what_one_replica_appends_reaches_the_others_followers_and_the_topic(
    replica: Callable[[], OwnLog], tmp_path: Path
) -> None:
    first, second = replica(), replica()
    topic = LocalTopic(tmp_path / "topic.db")
    near, far = TableEffect(database(), partitions=PARTITIONS), TableEffect(database(), partitions=PARTITIONS)
    followers = [
        Follower("near", second.source, near),
        Follower("far", topic.source("scripted", PARTITIONS), far),
    ]
    second.start()
    for follower in followers:
        follower.start()

    async def play() -> None:
        for answer in await asyncio.gather(*(first.writer.append(append(f"s-{n}", 0, "1", "2")) for n in range(30))):
            last = answer.records[-1]
            for follower in followers:
                await asyncio.wait_for(follower.progress.reached(last.partition, last.position), PATIENCE)

    asyncio.run(play())
    for follower in followers:
        follower.stop()
    assert len(audit(second.store)) == 60
    for partition in range(PARTITIONS):
        assert near.said(partition) == far.said(partition)
        assert len(near.said(partition)) == first.store.heads()[partition]
    topic.close()


def test_one_replica_relays_and_another_goes_on_when_it_has_left(replica: Callable[[], OwnLog]) -> None:
    first, second = replica(), replica()
    first.relay.step()
    say(first, "a", 0, "1")
    at = say(second, "a", 1, "2")
    assert hears(first, at)
    assert second.relay.step() == 0
    assert first.relay.step() == 2
    first.relay._share.leave()
    second.relay._share.leave()  # for it to look at once
    say(second, "a", 2, "3")
    assert second.relay.step() == 1


def test_every_connection_works_under_the_logs_role(replica: Callable[[], OwnLog], fresh_database: str) -> None:
    own = replica()
    say(own, "a", 0, "x")
    own.relay.step()
    assert "role=lienthong_scripted" in log_url(fresh_database, "scripted").replace("%3D", "=")
    users = execute(
        fresh_database,
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lienthong' AND datname = current_database()",
    )
    assert users[0][0] >= 3  # a lane, a reader, the listener
