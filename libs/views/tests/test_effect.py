from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from eventlog import positions
from eventlog.errors import PositionMoved, StoreUnavailable
from eventlog.follower import run_to_end
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from views.catalogue import MAIN
from views.errors import Poisoned, VersionUnknown
from views.runtime import Followed, Views
from views.specification import MemoryLog, rows_of
from views.view import View

from .crash import Crash, crash_at

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


def test_a_program_older_than_the_database_stands_by(words: View, say: Any, opened: Any) -> None:
    old = opened(words)
    newer = opened(replace(words, version=2))
    newer.start()
    assert newer.ready(5)
    record = say("s1", "a")
    newer.stop()
    with old._database.read() as connection:
        position = positions.read(connection, MAIN, "text")[record.partition]
    with pytest.raises(VersionUnknown):
        old.effect("text").positions()
    with pytest.raises(VersionUnknown):
        old.effect("text").apply(record.partition, position, [record])


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


def test_a_file_that_is_locked_is_told_as_away_and_nothing_is_written(
    words: View, log: MemoryLog, say: Any, contents: Any, tmp_path: Path
) -> None:
    import sqlite3  # noqa: PLC0415 - the other process

    views = Views(f"sqlite:///{tmp_path / 'views.db'}", [words], [Followed(log.source, log.heads)])
    record = say("s1", "a")
    with views._database.write():
        pass
    sa.event.listen(views._database.writer, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=10"))
    views._database.writer.dispose()
    other = sqlite3.connect(tmp_path / "views.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        views.effect("text").apply(record.partition, 0, [record])
    other.execute("ROLLBACK")
    other.close()
    views.effect("text").apply(record.partition, 0, [record])
    assert contents(views)[("a",)]["seen"] == 1
    views.stop()
