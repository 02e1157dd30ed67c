"""A log that was restored to an earlier point gets back from its topic what it lacks, and is not served before."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from eventlog.conformance.audit import audit
from eventlog.conformance.material import append, made, records, request, sealable, stream_in
from eventlog.errors import BehindTopic, GapFound, LogWentBack, TopicDisagrees
from eventlog.kafka import KafkaSettings, KafkaTopic
from eventlog.local_topic import LocalTopic
from eventlog.postgresql import PostgresqlStore, migrate, open_postgresql, recovering
from eventlog.postgresql.recovering import recover
from eventlog.record import seal
from eventlog.store import Appended
from eventlog.topic import Topic
from kafka import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from .kafka_world import wait_until
from .postgresql_world import execute
from .restored_world import LOG, PARTITIONS, everything, fill, go_back, publish, request_of, requests


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovering, "_QUIET", 0.5)


STREAMS = [f"stream-{number}" for number in range(8)]
BACK = (5, 7)
TOPIC = f"lienthong.{LOG}"


@dataclass
class World:
    url: str
    topic: Topic

    def store(self) -> PostgresqlStore:
        return PostgresqlStore(self.url, LOG, PARTITIONS)

    def recover(self) -> dict[int, tuple[int, int]]:
        store = self.store()
        try:
            done = recover(self.url, store, self.topic, request_of, lambda _partition, _position: None)
        finally:
            store.close()
        return {each.partition: (each.before, each.now) for each in done}


@pytest.fixture
def world(request: pytest.FixtureRequest, fresh_database: str, tmp_path: Path) -> Iterator[World]:
    """Give a log whose records are all in its topic, on a local topic unless another is asked for."""
    topic: Topic
    if getattr(request, "param", "local") == "local":
        topic = LocalTopic(tmp_path / "topic.db")
    else:
        topic = KafkaTopic(KafkaSettings(request.getfixturevalue("kafka_bootstrap")))
        _forget(request.getfixturevalue("kafka_bootstrap"))
    topic.heads(LOG, PARTITIONS)
    migrate(fresh_database, LOG, PARTITIONS)
    world = World(fresh_database, topic)
    store = world.store()
    fill(store, STREAMS, 6)
    publish(store, topic)
    store.close()
    yield world
    topic.close()


def _forget(bootstrap: str) -> None:
    """Remove the topic that the test before has left."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    with suppress(UnknownTopicOrPartitionError):
        admin.delete_topics([TOPIC])
    wait_until(lambda: TOPIC not in admin.list_topics())
    admin.close()


@pytest.mark.parametrize("world", ["local", "kafka"], indirect=True)
def test_what_is_missing_comes_back_byte_for_byte_with_its_requests(world: World) -> None:
    store = world.store()
    before, asked, heads = everything(store), requests(world.url), list(store.heads())
    store.close()
    back = go_back(world.url, BACK)
    assert world.recover() == {0: (back[0], heads[0]), 1: (back[1], heads[1])}
    store = world.store()
    assert everything(store) == before
    assert len(audit(store)) == len(before)
    assert requests(world.url) == asked
    store.close()
    assert world.recover() == {0: (heads[0],) * 2, 1: (heads[1],) * 2}, "to recover again changes nothing"


def test_a_command_of_the_time_that_was_lost_gets_its_first_answer_when_it_is_sent_again(world: World) -> None:
    go_back(world.url, (0, 0))
    world.recover()
    store = world.store()
    [again] = store.append([append(STREAMS[0], 4, "2", "3", request=request(f"{STREAMS[0]}-4"))])
    assert isinstance(again, Appended)
    assert again.repeated
    assert [each.version for each in again.records] == [5, 6]
    store.close()


def test_until_then_it_is_not_opened_and_the_line_says_what_to_run(world: World) -> None:
    go_back(world.url, BACK)
    with pytest.raises(BehindTopic, match=f"lienthong log recover {LOG}"):
        open_postgresql(world.url, LOG, PARTITIONS, world.topic)
    world.recover()
    open_postgresql(world.url, LOG, PARTITIONS, world.topic).close()


def test_the_relay_of_a_survivor_publishes_nothing_that_would_hide_how_far_the_topic_got(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    survivor = open_postgresql(world.url, LOG, PARTITIONS, world.topic)
    ends = list(world.topic.heads(LOG, PARTITIONS))
    go_back(world.url, BACK)
    with caplog.at_level(logging.WARNING):
        survivor.start()
        give_up = time.monotonic() + 10
        while f"relay of {LOG}" not in caplog.text:
            assert time.monotonic() < give_up
            time.sleep(0.02)
    survivor.close()
    assert list(world.topic.heads(LOG, PARTITIONS)) == ends


def test_a_topic_that_lacks_the_end_of_a_sound_log_is_no_reason_to_refuse(world: World) -> None:
    store = world.store()
    made(store.append([append("later", 0, "1")])[0])
    store.close()
    open_postgresql(world.url, LOG, PARTITIONS, world.topic).close()
    world.recover()


def test_a_process_that_saw_the_log_longer_appends_nothing_to_it_any_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    survivor = world.store()
    at_head = [append(stream, 6, "another history") for stream in STREAMS]
    survivor.heads()
    assert survivor.failed is None
    go_back(world.url, BACK)
    with caplog.at_level(logging.ERROR):
        for stream in (stream_in(0, PARTITIONS), stream_in(1, PARTITIONS)):
            with pytest.raises(LogWentBack, match="Restart every replica"):
                survivor.append([append(f"new-{stream}", 0, "another history")])
    assert len(caplog.records) == 1, "it is told once"
    assert isinstance(survivor.failed, LogWentBack)
    world.recover()
    for each in at_head:  # what it knows of streams may be what was lost: it must start anew
        with pytest.raises(LogWentBack):
            survivor.append([each])
    survivor.close()
    store = world.store()
    assert "another history" not in str([recorded.record for recorded in everything(store)])
    store.close()


def test_a_topic_with_another_history_is_not_taken_from(world: World) -> None:
    back = go_back(world.url, BACK)
    execute(world.url, "UPDATE log_restored.log_records SET data = data || '\\x5200' WHERE version = 1")
    with pytest.raises(TopicDisagrees, match="is not the log's; nothing of it was taken"):
        world.recover()
    store = world.store()
    assert tuple(store.heads()) == back
    store.close()


def test_a_replica_that_appends_meanwhile_is_noticed_and_nothing_is_mixed(world: World) -> None:
    go_back(world.url, BACK)
    store = world.store()
    for number in range(20):
        made(store.append([append(f"meanwhile-{number}", 0, "1")])[0])
    store.close()
    with pytest.raises(TopicDisagrees):
        world.recover()


@pytest.mark.parametrize(
    ("versions", "times", "why"),
    [
        ((1, 3), (1, 2), "does not continue its stream"),
        ((1, 2), (2, 1), "is older than the one before"),
    ],
)
def test_a_record_that_does_not_continue_the_log_is_refused(
    fresh_database: str, tmp_path: Path, versions: tuple[int, ...], times: tuple[int, ...], why: str
) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    migrate(fresh_database, LOG, PARTITIONS)
    stream = stream_in(0, PARTITIONS)
    told = zip((0, 1), versions, times, strict=True)
    topic.publish([seal(LOG, 0, at, stream, version, time, sealable(stream, "1")) for at, version, time in told])
    world = World(fresh_database, topic)
    with pytest.raises(TopicDisagrees, match=why):
        world.recover()
    topic.close()


def test_a_record_of_a_stream_that_lives_elsewhere_is_refused(fresh_database: str, tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    migrate(fresh_database, LOG, PARTITIONS)
    stream = stream_in(1, PARTITIONS)
    topic.publish([seal(LOG, 0, 0, stream, 1, 1, sealable(stream, "1"))])
    with pytest.raises(TopicDisagrees, match="is of another partition's stream"):
        World(fresh_database, topic).recover()
    topic.close()


def test_a_topic_with_a_gap_is_not_taken_beyond_it(fresh_database: str, tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.db")
    migrate(fresh_database, LOG, PARTITIONS)
    topic.publish(records(LOG, 0, [3]))
    with pytest.raises(GapFound):
        World(fresh_database, topic).recover()
    topic.close()
