from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from decider.refusal import Refusal
from eventlog.follower import run_to_end
from hypothesis import strategies as st
from lienthong.log.v1.record_pb2 import Position
from views.errors import BeingBuilt, BuildStopped
from views.view import View

from .crash import Crash, crash_at

_TEXTS = st.sampled_from(["a", "b", "c", "a+b", "b+c+d", "a-", "b-", "a+b-"])
_STREAMS = st.sampled_from(["s1", "s2", "s3"])


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


@pytest.mark.usefixtures("no_grace")
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
    asyncio.run(
        asyncio.wait_for(
            views.wait([Position(log=record.log, partition=record.partition, position=record.position)]), 5
        )
    )
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


@pytest.mark.usefixtures("no_grace")
def test_a_crash_at_any_step_of_a_rebuild_leaves_a_whole_view(
    words: View, say: Any, opened: Any, contents: Any, url: str
) -> None:
    stride = 1 if url.startswith("sqlite") else 5  # the steps are the same, each five times as slow
    for index in range(10):
        say(f"s{index % 3}", "a+b")
    views = opened(words)
    views.start()
    assert views.ready(5)
    wanted = contents(views)
    views.stop()
    step, finished = 0, False
    while not finished:
        step += stride
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


def test_a_rebuild_that_is_stopped_leaves_the_live_table(words: View, say: Any, opened: Any, contents: Any) -> None:
    views = opened(words)
    record = say("s1", "a")
    run_to_end(views._logs["text"].source, views.effect("text"), views._logs["text"].heads())
    views._settling.stop()
    with pytest.raises(BuildStopped):
        views.rebuild("words")
    assert contents(views)[("a",)]["last"] == f"s1:{record.version}:a"
