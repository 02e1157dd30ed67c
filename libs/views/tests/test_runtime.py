from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from decider.refusal import Refusal
from eventlog.errors import PositionMoved, StoreUnavailable
from eventlog.follower import run_to_end
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lienthong.log.v1.record_pb2 import Position
from views.errors import BeingBuilt, BuildStopped, Poisoned, VersionUnknown, WrongView
from views.runtime import Followed, Views
from views.specification import MemoryLog, rows_of
from views.view import View

_TEXTS = st.sampled_from(["a", "b", "c", "a+b", "b+c+d", "a-", "b-", "a+b-"])
_STREAMS = st.sampled_from(["s1", "s2", "s3"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(st.tuples(_STREAMS, _TEXTS), max_size=25),
    batches=st.lists(st.integers(1, 7), min_size=1, max_size=10),
)
def test_any_batching_gives_what_folding_one_by_one_gives(
    words: View, contents: Any, said: list[tuple[str, str]], batches: list[int]
) -> None:
    log = MemoryLog("text", 1)
    with TemporaryDirectory() as folder:
        views = Views(f"sqlite:///{folder}/v.db", [words], [Followed(log.source, log.heads)])
        for stream, text in said:
            log.append(stream, StringValue(value=text))
        effect, position, turn = views.effect("text"), 0, 0
        while records := log.read(0, position, batches[turn % len(batches)]):
            effect.apply(0, position, records)
            position, turn = position + len(records), turn + 1
        assert contents(views) == rows_of(words, log.records())
        assert views.compare_with_fresh_fold("words").same
        views.stop()


class Crash(BaseException):
    pass


def crash_at(views: Views, step: int) -> Callable[[], None]:
    """Make the process die at the n-th statement or commit from now on; return how to take it back."""
    left = [step]

    def die(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    engine = views._database.writer
    for name in ("before_cursor_execute", "commit"):
        sa.event.listen(engine, name, die)

    def undo() -> None:
        for name in ("before_cursor_execute", "commit"):
            sa.event.remove(engine, name, die)

    return undo


def test_a_crash_between_any_two_steps_of_a_batch_changes_no_effect(
    words: View, log: MemoryLog, say: Any, opened: Any
) -> None:
    for index in range(30):
        say(f"s{index % 4}", ["a", "b+c", "c-", "d!"][index % 4])
    step, finished = 0, False
    while not finished:
        step += 1
        views = opened(words, alarm=lambda *_: None)
        undo = crash_at(views, step)
        try:
            run_to_end(log.source, views.effect("text"), log.heads(), batch=7)
            finished = True
        except Crash:
            pass
        undo()
        views.stop()
    views = opened(words)
    views.start()
    assert views.ready(5)
    assert views.compare_with_fresh_fold("words").same
    assert [each.stream for each in views.poisoned()] == ["s3"]
    assert step > 10


def test_a_zombie_follower_writes_nothing(words: View, say: Any, opened: Any, contents: Any) -> None:
    views = opened(words)
    record = say("s1", "a")
    views.effect("text").apply(record.partition, 0, [record])
    with pytest.raises(PositionMoved):
        views.effect("text").apply(record.partition, 0, [record])
    assert contents(views)[("a",)]["seen"] == 1


def test_a_program_older_than_the_database_stops(words: View, say: Any, opened: Any) -> None:
    old = opened(words)
    newer = opened(replace(words, version=2))
    newer.start()
    assert newer.ready(5)
    record = say("s1", "a")
    newer.stop()
    position = old.effect("text").positions()[record.partition]
    with pytest.raises(VersionUnknown):
        old.effect("text").apply(record.partition, position, [record])


def test_a_view_of_a_log_with_records_is_not_ready_until_it_has_caught_up(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    say("s1", "a")
    views = opened(words)
    with pytest.raises(Refusal, match="VIEW_NOT_READY"):
        contents(views)
    with pytest.raises(BeingBuilt):
        views.rebuild("words")
    views.start()
    assert views.ready(5)
    assert contents(views)[("a",)]["seen"] == 1


def test_a_changed_version_is_built_beside_the_old_one_which_answers_meanwhile(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    say("s1", "a")
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()

    def louder(key: Any, row: Any, record: Any) -> Any:
        return {**words.fold(key, row, record), "last": "LOUD"}  # type: ignore[dict-item]

    second = opened(replace(words, version=2, fold=louder))
    assert contents(second)[("a",)]["last"] == "s1:1:a"
    assert second.status()[0].state == "stale"
    assert not second.ready()
    second.start()
    assert second.ready(5)
    assert contents(second)[("a",)]["last"] == "LOUD"
    assert second.status()[0].generation == 2
    with second._database.read() as connection:
        tables = sa.inspect(connection).get_table_names()
    assert [name for name in tables if name.startswith("words_")] == ["words_v2_g2"]


def test_an_old_table_without_the_new_columns_does_not_answer(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    say("s1", "a")
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()
    wider = replace(words, version=2, columns=[*words.columns, sa.Column("note", sa.String)])
    second = opened(wider)
    with pytest.raises(Refusal, match="VIEW_NOT_READY"):
        contents(second)
    second.start()
    assert second.ready(5)
    assert contents(second)[("a",)]["note"] is None


def test_a_new_view_beside_an_old_one_is_built_and_joins_it(words: View, say: Any, opened: Any, contents: Any) -> None:
    for index in range(50):
        say(f"s{index}", "a")
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()
    second = opened(words, replace(words, name="more"))
    second.start()
    assert second.ready(5)
    assert contents(second, "more") == contents(second)
    old, new = second.status()
    assert old.positions == new.positions


def test_going_back_to_the_version_before_catches_up_and_joins(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()
    say("s1", "a")
    second = opened(replace(words, version=2))
    second.stop()
    third = opened(words)
    assert third.status()[0].state == "stale"
    third.start()
    assert third.ready(5)
    assert contents(third)[("a",)]["seen"] == 1
    assert third.status()[0].generation == 1


def test_a_rebuild_while_writing_and_reading_shows_neither_an_empty_table_nor_a_mixture(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    for index in range(300):
        say(f"s{index % 9}", "a+b")
    views = opened(words)
    views.start()
    assert views.ready(5)
    stop = threading.Event()
    wrong: list[object] = []
    least = [300]

    def write() -> None:
        while not stop.is_set():
            say("s1", "a+b")
            time.sleep(0.001)

    def read() -> None:
        while not stop.is_set():
            rows = contents(views)
            counts = [row["seen"] for row in rows.values()]
            if len(counts) != 2 or counts[0] != counts[1] or counts[0] < least[0]:
                wrong.append(rows)
            least[0] = counts[0] if counts else 0

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    told: list[tuple[int, int]] = []
    results = [views.rebuild("words", lambda done, total: told.append((done, total))) for _ in range(3)]
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(result.swapped and result.comparison is not None and result.comparison.same for result in results)
    assert all(done <= total for done, total in told)
    assert views.failed == {}
    assert views.compare_with_fresh_fold("words").same


def test_a_rebuild_reports_what_differs_and_can_keep_the_live_table(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    from views.building import OnDifference  # noqa: PLC0415 - one test's word

    views = opened(words)
    views.start()
    record = say("s1", "a")
    asyncio.run(asyncio.wait_for(views.wait([_position(record)]), 5))
    with views._database.write() as connection:
        connection.exec_driver_sql("UPDATE words_v1_g1 SET seen = 7")
    assert views.compare_with_fresh_fold("words").differences[0].live["seen"] == 7
    kept = views.rebuild("words", on_difference=OnDifference.KEEP)
    assert not kept.swapped
    assert contents(views)[("a",)]["seen"] == 7
    mended = views.rebuild("words")
    assert mended.swapped
    assert mended.comparison is not None
    assert mended.comparison.differences[0].fresh["seen"] == 1
    assert contents(views)[("a",)]["seen"] == 1


def test_a_crash_at_any_step_of_a_rebuild_leaves_a_whole_view(
    words: View, say: Any, opened: Any, contents: Any
) -> None:
    for index in range(10):
        say(f"s{index % 3}", "a+b")
    views = opened(words)
    views.start()
    assert views.ready(5)
    wanted = contents(views)
    views.stop()
    step, finished = 0, False
    while not finished:
        step += 1
        views = opened(words)
        assert views.ready()
        undo = crash_at(views, step)
        try:
            views.rebuild("words")
            finished = True
        except Crash:
            pass
        undo()
        assert contents(views) == wanted
        views.stop()
        views = opened(words)
        assert contents(views) == wanted
        assert len([g for g in views._standing.last.generations]) == 1  # noqa: C416
        views.stop()
    assert step > 20


def test_a_poisoned_stream_is_parked_told_and_folded_again_when_mended(
    words: View, log: MemoryLog, say: Any, opened: Any, contents: Any
) -> None:
    alarms: list[BaseException] = []
    views = opened(words, alarm=lambda _name, error: alarms.append(error))
    for stream, text in [("bad", "x"), ("bad", "y!"), ("bad", "z"), ("good", "a")]:
        say(stream, text)
    run_to_end(log.source, views.effect("text"), log.heads())
    assert set(contents(views)) == {("x",), ("a",)}
    (parked,) = views.poisoned()
    assert (parked.stream, parked.version, parked.event_type) == ("bad", 2, "google.protobuf.StringValue")
    assert parked.reason.startswith("ValueError at conftest.py:")
    assert "y!" not in parked.reason
    assert isinstance(alarms[0], Poisoned)
    say("bad", "w")
    run_to_end(log.source, views.effect("text"), log.heads())
    assert not views.retry_poisoned("words", "bad", log.read_stream)
    assert views.poisoned()[0].tries == 2
    views.stop()

    mended = opened(replace(words, fold=lambda _key, _row, record: {"seen": 1, "last": record.stream}))
    assert mended.status()[0].poisoned == 1
    assert mended.retry_poisoned("words", "bad", log.read_stream)
    assert mended.poisoned() == []
    assert {("x",), ("y",), ("z",), ("w",), ("a",)} == set(contents(mended))
    later = say("bad", "v")
    mended.effect("text").apply(later.partition, later.position, [later])
    assert ("v",) in contents(mended)


def test_a_value_that_the_database_refuses_poisons_only_its_stream(
    words: View, log: MemoryLog, say: Any, opened: Any, contents: Any
) -> None:
    def odd(key: Any, _row: Any, record: Any) -> Any:
        return {"seen": {"no": "number"} if record.stream == "bad" else 1, "last": key[0]}

    views = opened(replace(words, fold=odd), alarm=lambda *_: None)
    for index in range(20):
        say("bad" if index % 5 == 2 else f"s{index}", f"w{index}")
    run_to_end(log.source, views.effect("text"), log.heads())
    assert [(each.stream, each.version) for each in views.poisoned()] == [("bad", 1)]
    assert len(contents(views)) == 16
    assert not views.retry_poisoned("words", "bad", log.read_stream)


def test_a_database_that_is_away_is_told_as_such_and_nothing_is_written(
    words: View, say: Any, opened: Any, contents: Any, tmp_path: Path
) -> None:
    import sqlite3  # noqa: PLC0415 - the other process

    views = opened(words)
    record = say("s1", "a")
    with views._database.write():
        pass
    for connection in (views._database.writer,):
        sa.event.listen(connection, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=10"))
    views._database.writer.dispose()
    other = sqlite3.connect(tmp_path / "views.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        views.effect("text").apply(record.partition, 0, [record])
    other.execute("ROLLBACK")
    other.close()
    views.effect("text").apply(record.partition, 0, [record])
    assert contents(views)[("a",)]["seen"] == 1


def _position(record: Any) -> Position:
    return Position(log=record.log, partition=record.partition, position=record.position)


def test_wait_ends_when_the_record_is_folded_and_refuses_unknown_places(words: View, say: Any, opened: Any) -> None:
    views = opened(words)

    async def scenario() -> None:
        record = say("s1", "a")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(views.wait([_position(record)]), 0.02)
        views.start()
        await asyncio.wait_for(views.wait([_position(record)]), 5)
        rows = await views.read(lambda connection, tables: connection.execute(sa.select(tables["words"])).all())
        assert len(rows) == 1
        for wrong in (Position(log="other"), Position(log="text", partition=2), Position(log="text", position=-1)):
            with pytest.raises(Refusal, match="POSITION_UNKNOWN"):
                await views.wait([wrong])

    asyncio.run(scenario())


def test_changed_sleeps_until_the_follower_has_moved_on(words: View, say: Any, opened: Any) -> None:
    views = opened(words)
    views.start()

    async def scenario() -> None:
        since = await views.read(lambda _, tables: tables.positions("words"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(views.changed("words", since), 0.02)
        sleeper = asyncio.create_task(views.changed("words", since))
        await asyncio.sleep(0)
        record = say("s1", "a")
        now = await asyncio.wait_for(sleeper, 5)
        assert now[record.partition] == 1
        assert await views.changed("words", since) == now

    asyncio.run(scenario())


def test_wait_is_held_up_by_a_table_that_stands_still_until_its_successor_is_there(
    words: View, say: Any, opened: Any
) -> None:
    record = say("s1", "a")
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()
    second = opened(replace(words, version=2))

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.wait([_position(record)]), 0.02)
        second.start()
        await asyncio.wait_for(second.wait([_position(record)]), 5)

    asyncio.run(scenario())
    assert second.ready(5)


def test_a_rebuild_that_is_stopped_leaves_the_live_table(words: View, say: Any, opened: Any, contents: Any) -> None:
    views = opened(words)
    record = say("s1", "a")
    run_to_end(views._logs["text"].source, views.effect("text"), views._logs["text"].heads())
    views._settling.stop()
    with pytest.raises(BuildStopped):
        views.rebuild("words")
    assert contents(views)[("a",)]["last"] == f"s1:{record.version}:a"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "No Name"},
        {"version": 0},
        {"columns": [sa.Column("word", sa.String)]},
        {"columns": [sa.Column("price", sa.Float, primary_key=True)]},
        {"indexes": [("nothing",)]},
    ],
)
def test_a_view_that_cannot_work_is_refused_when_declared(words: View, change: dict[str, Any]) -> None:
    with pytest.raises(WrongView):
        replace(words, **change)
