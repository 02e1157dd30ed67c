"""Replicas of one service fold one PostgreSQL database together: each record once, and all of them answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eventlog.errors import PositionMoved
from google.protobuf.wrappers_pb2 import StringValue
from views import generations, poison, retry
from views.errors import BeingBuilt, Overtaken, VersionUnknown
from views.runtime import Views
from views.specification import MemoryLog, rows_of
from views.view import View

from .replicas import PATIENCE, Replicas, held, until, wait_for

PARTITIONS = 4


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("text", PARTITIONS)


@pytest.fixture
def replicas(fresh_database: str, log: MemoryLog, tmp_path: Path) -> Iterator[Replicas]:
    made = Replicas(fresh_database, log, tmp_path)
    yield made
    made.close()


def louder(words: View) -> View:
    """Return the view's next version."""
    return replace(words, version=2, fold=lambda *given: {**(words.fold(*given) or {}), "last": "LOUD"})


def test_two_replicas_divide_the_work_and_write_one_row_without_losing_a_record(
    replicas: Replicas, words: View, say: Any, contents: Any
) -> None:
    one, two = replicas.start("a", words), replicas.start("b", words)
    until(lambda: len(held(one)) == len(held(two)) == PARTITIONS // 2)
    records = [say(f"s{index % 40}", "a+b") for index in range(400)]
    for views in (one, two):
        wait_for(views, *records)
        assert contents(views) == rows_of(words, records) | contents(views)
        assert contents(views)[("a",)]["seen"] == 400
        assert views.failed == {}


def test_who_folds_nothing_is_told_what_others_have_folded(replicas: Replicas, words: View, say: Any) -> None:
    replicas.start("a", words)
    idle = replicas.open("b", words)
    assert idle._noticing is not None
    idle._noticing.start()

    async def sleep_until_changed() -> dict[int, int]:
        sleeper = asyncio.create_task(idle.changed("words", {}))
        await asyncio.sleep(0)
        say("s1", "a")
        return await asyncio.wait_for(sleeper, PATIENCE)

    assert sum(asyncio.run(sleep_until_changed()).values()) == 1
    wait_for(idle, say("s2", "b"))


def test_a_bell_that_was_lost_holds_up_nobody_for_long(
    replicas: Replicas, words: View, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.replicas.fold", lambda *_: None)
    replicas.start("a", words)
    idle = replicas.open("b", words)
    assert idle._noticing is not None
    idle._noticing.start()
    wait_for(idle, say("s1", "a"))


def test_who_stops_gives_its_partitions_to_the_others(replicas: Replicas, words: View, say: Any, contents: Any) -> None:
    one, two = replicas.start("a", words), replicas.start("b", words)
    until(lambda: held(two))
    one.stop()
    wait_for(two, *[say(f"s{index}", "a") for index in range(20)])
    assert held(two) == set(range(PARTITIONS))
    assert contents(two)[("a",)]["seen"] == 20


def test_replicas_that_start_at_once_on_an_empty_database_make_one_table(
    replicas: Replicas, words: View, say: Any
) -> None:
    say("s1", "a")
    barrier = threading.Barrier(4)

    def start(name: str) -> Views:
        barrier.wait(PATIENCE)
        return replicas.start(name, words)

    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(start, "abcd"))
    for views in started:
        [status] = views.status()
        assert (status.state, status.generation, status.rows) == ("live", 1, 1)


def test_replicas_that_start_a_new_version_at_once_build_it_once(
    replicas: Replicas, words: View, say: Any, contents: Any
) -> None:
    for index in range(50):
        say(f"s{index}", "a")
    replicas.start("a", words).stop()
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda name: replicas.start(name, louder(words)), "bc"))
    for views in started:
        assert views.status()[0].generation == 2
        assert contents(views)[("a",)] == {"word": "a", "seen": 50, "last": "LOUD"}


def test_a_build_that_another_replica_is_at_is_left_to_it(replicas: Replicas, words: View, say: Any) -> None:
    say("s1", "a")
    one, two = replicas.start("a", words), replicas.start("b", words)
    with one._database.building("words"):
        with one._database.write() as connection:
            begun = generations.begin(connection, words, PARTITIONS, 0)
        with pytest.raises(BeingBuilt):
            two.rebuild("words")
        three = replicas.start("c", words)
        with three._database.read() as connection:
            assert begun in three._standing.look(connection).generations
    assert two.rebuild("words").swapped
    with pytest.raises(Overtaken), one._database.write() as connection:
        generations.put_in_charge(connection, three._standing.last.generations[0], 0)


def test_during_an_upgrade_the_older_program_stands_by_and_goes_on_answering(
    replicas: Replicas, words: View, say: Any, contents: Any
) -> None:
    old = replicas.start("a", words)
    wait_for(old, say("s1", "a"))
    new = replicas.start("b", louder(words))
    later = [say(f"s{index}", "a") for index in range(20)]
    until(lambda: not held(old))
    until(lambda: held(new) == set(range(PARTITIONS)))
    for views in (old, new):
        wait_for(views, *later)
        assert contents(views)[("a",)] == {"word": "a", "seen": 21, "last": "LOUD"}
        assert views.failed == {}
    assert old.status()[0].state == "stale"
    assert isinstance(old.waits["text"], VersionUnknown)
    assert new.waits == {}


def test_a_view_is_rebuilt_while_other_replicas_fold(replicas: Replicas, words: View, say: Any, contents: Any) -> None:
    several = [replicas.start(name, words) for name in "abc"]
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            say("s1", "a+b")
            say("s2", "a")
            stop.wait(0.001)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            rebuilt = [views.rebuild("words") for views in several]
        finally:
            stop.set()
        writing.result(PATIENCE)
    assert all(each.swapped and each.comparison is not None for each in rebuilt)
    wait_for(several[0], *replicas.log.records())
    assert contents(several[0])[("a",)]["seen"] == len(replicas.log.records())
    assert [views.failed for views in several] == [{}, {}, {}]


def test_the_older_program_does_not_say_folded_of_a_table_that_stands_still(
    replicas: Replicas, words: View, say: Any
) -> None:
    old = replicas.start("a", words)
    wait_for(old, say("s1", "a"))
    new = replicas.open("b", louder(words))
    record = say("s2", "a")
    with pytest.raises(TimeoutError):
        wait_for(old, record, seconds=0.5)
    new.start()
    wait_for(old, record)


def test_a_stream_that_two_retry_is_folded_once(replicas: Replicas, words: View, say: Any, contents: Any) -> None:
    one, two = replicas.start("a", words), replicas.start("b", words)
    say("bad", "a")
    wait_for(one, say("bad", "a!"), say("bad", "a"))
    healthy = replace(words, fold=lambda key, row, record: words.fold(key, row, _softened(record)))
    one._standing.views = two._standing.views = {"words": healthy}
    one._standing._rows.clear()
    two._standing._rows.clear()
    [parked] = one.poisoned()
    assert one.retry_poisoned("words", "bad", replicas.log.read_stream)
    assert two.retry_poisoned("words", "bad", replicas.log.read_stream)
    with two._database.write() as connection:
        assert poison.streams(connection) == []
    with pytest.raises(PositionMoved):  # who had read that it was parked before the other one healed it
        retry._retry(
            two._database, two._standing, two._standing.last.generations[0], parked, replicas.log.read_stream, 0
        )
    assert contents(two)[("a",)]["seen"] == 3


def _softened(record: Any) -> Any:
    text = record.event.value.rstrip("!")
    return SimpleNamespace(event=StringValue(value=text), stream=record.stream, version=record.version)
