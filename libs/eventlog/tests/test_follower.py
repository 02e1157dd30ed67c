"""A follower makes each effect once and in order, through crashes, repeats, gaps and rivals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pytest
from eventlog import follower as follower_module
from eventlog.conformance.material import append, records, stream_in
from eventlog.errors import GapFound, PositionMoved, StoreUnavailable, Superseded
from eventlog.feed import PositionSource
from eventlog.follower import SHARED, WHOLE, Follower, Reading, run_to_end
from eventlog.progress import Progress
from eventlog.record import Recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from .doubles import PATIENCE, Crash, MemoryStore, Script, ScriptedFeed, ScriptedSource, TableEffect, database

SIZE = 12
_ALL = records("scripted", 0, range(SIZE))
_STEPS = ["before", "between", "uncommitted", "committed"]


@pytest.fixture(scope="module", autouse=True)
def _no_long_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follower_module, "_SHORTEST_PAUSE", 1e-6)
        yield


def batches(*positions: Sequence[int]) -> Script:
    """Play batches of these positions, wherever the feed begins."""
    return lambda *_: [[_ALL[n] for n in batch] for batch in positions]


def follow(
    script: Script, effect: TableEffect | None = None, reading: Reading = SHARED
) -> tuple[Follower, TableEffect, list[BaseException]]:
    """Follow a script in this thread until it has been played; return what became of it."""
    effect = effect or TableEffect(database())
    alarms: list[BaseException] = []
    source = ScriptedSource(script)
    follower = Follower("views", source, effect, reading=reading, alarm=lambda _, error: alarms.append(error))
    source.exhausted = follower.stop
    follower._run()
    assert source.closed == len(source.opened), "each feed is closed"
    return follower, effect, alarms


def said(end: int) -> list[str]:
    return [str(n) for n in range(end)]


def test_each_record_has_its_effect_in_order() -> None:
    follower, effect, alarms = follow(batches([0, 1, 2], [3], [4, 5]))
    assert effect.said() == said(6)
    assert effect.positions() == {0: 6}
    assert follower.progress.positions == [6]
    assert alarms == []


@pytest.mark.parametrize(
    "script",
    [
        [[0, 1, 2], [0, 1, 2], [3]],
        [[0, 1, 2], [1, 2, 3]],
        [[0, 0, 1, 1, 2, 3]],
        [[0, 1, 0, 1, 2, 3]],
        [[0, 1, 2, 3, 0, 1, 2]],
        [[0, 1], [0], [1], [0, 1, 2, 3], [3]],
        [[0, 1, 2, 2, 1, 0, 3]],
    ],
)
def test_repeats_are_dropped_wherever_they_stand(script: list[list[int]]) -> None:
    follower, effect, alarms = follow(batches(*script))
    assert effect.said() == said(4)
    assert effect.positions() == {0: 4}
    assert follower.progress.positions == [4]
    assert alarms == []


@pytest.mark.parametrize(
    ("script", "applied", "found"),
    [([[1]], 0, 1), ([[0, 1], [3]], 2, 3), ([[0, 1, 3, 4]], 2, 3), ([[0], [0, 2]], 1, 2), ([[0, 1, 1, 3]], 2, 3)],
)
def test_a_gap_stops_it_with_an_alarm_and_nothing_beyond_has_an_effect(
    script: list[list[int]], applied: int, found: int
) -> None:
    follower, effect, alarms = follow(batches(*script, list(range(found))))
    [gap] = alarms
    assert isinstance(gap, GapFound)
    assert (gap.log, gap.partition, gap.wanted, gap.found) == ("scripted", 0, applied, found)
    assert follower.failed is gap
    assert effect.said() == said(applied)
    assert effect.positions() == {0: applied}
    assert follower.progress.positions == [applied]


@pytest.mark.parametrize("step", _STEPS)
def test_a_store_that_is_away_at_any_step_is_waited_for(step: str) -> None:
    effect = TableEffect(database())
    effect.faults = [("", StoreUnavailable()), (step, StoreUnavailable("away")), (step, StoreUnavailable("away"))]

    def resumed(_: str, begin: Mapping[int, int]) -> Iterable[Sequence[Recorded]]:
        return [_ALL[n : n + 3] for n in range(begin[0], SIZE, 3)]

    follower, _, alarms = follow(resumed, effect)
    assert effect.said() == said(SIZE)
    assert alarms == []
    assert follower.failed is None


@pytest.mark.parametrize("step", _STEPS)
def test_a_crash_at_any_step_changes_no_effect(step: str) -> None:
    effect = TableEffect(database())
    effect.faults = [("", Crash()), (step, Crash())]
    follower, _, alarms = follow(batches([0, 1], [2, 3], [4, 5]), effect)
    assert isinstance(follower.failed, Crash)
    assert alarms == [follower.failed]
    again, _, none = follow(batches([0, 1], [2, 3], [4, 5]), effect)
    assert none == []
    assert effect.said() == said(6)
    assert again.progress.positions == [6]


@given(
    faults=st.lists(st.sampled_from(["", *_STEPS]), max_size=12),
    crashes=st.lists(st.booleans(), min_size=12, max_size=12),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    back=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    failing=st.lists(st.integers(0, 8), max_size=3),
)
@settings(deadline=None, max_examples=120)
def test_whatever_fails_and_whatever_is_repeated_each_effect_is_made_once(
    faults: list[str], crashes: list[bool], sizes: list[int], back: list[int], failing: list[int]
) -> None:
    effect = TableEffect(database())
    effect.faults = [
        (step, Crash() if crash else StoreUnavailable("away")) for step, crash in zip(faults, crashes, strict=False)
    ]

    def hostile(_: str, begin: Mapping[int, int]) -> Iterable[Sequence[Recorded] | Exception]:
        position, step = begin[0], 0
        while position < SIZE:
            if step in failing:
                failing.remove(step)
                yield StoreUnavailable("the topic is away")
            size, behind = sizes[step % len(sizes)], back[step % len(back)]
            yield [
                *_ALL[max(position - behind, 0) : position + size - 1],
                *_ALL[max(position - 1, 0) : position + size],
            ]
            position, step = position + size, step + 1

    for _ in range(len(faults) + 1):
        follower, _, _ = follow(hostile, effect)
        if follower.failed is None:
            break
        assert isinstance(follower.failed, Crash)
    assert effect.said() == said(SIZE)
    assert effect.positions() == {0: SIZE}


def test_a_rival_of_the_same_name_makes_the_slower_one_stop() -> None:
    engine = database()
    slow, fast = TableEffect(engine), TableEffect(engine)
    zombie = Follower("views", ScriptedSource(batches([0, 1, 2])), slow, alarm=lambda *_: None)
    zombie._next = {0: 0}
    follow(batches([0, 1]), fast)
    with pytest.raises(PositionMoved):
        zombie._take(_ALL[:3])
    assert fast.said() == said(2)


def test_a_zombie_says_so_and_is_not_started_again() -> None:
    engine = database()
    slow, fast = TableEffect(engine), TableEffect(engine)

    def overtaken(*_: object) -> Iterable[Sequence[Recorded]]:
        yield _ALL[:2]
        follow(lambda _, begin: [_ALL[begin[0] : 5]], fast)
        yield _ALL[2:4]

    follower, _, alarms = follow(overtaken, slow, WHOLE)
    assert isinstance(follower.failed, PositionMoved)
    assert alarms == [follower.failed]
    assert fast.said() == said(5)
    assert fast.positions() == {0: 5}


def test_where_it_shares_it_goes_on_from_where_another_has_moved_the_position() -> None:
    engine = database()
    slow, fast = TableEffect(engine), TableEffect(engine)

    def overtaken(_: str, begin: Mapping[int, int]) -> Iterable[Sequence[Recorded]]:
        if begin[0] == 0:
            yield _ALL[:2]
            follow(lambda _, begin: [_ALL[begin[0] : 5]], fast)
            yield _ALL[2:4]
        yield _ALL[begin[0] : 7]

    follower, _, alarms = follow(overtaken, slow)
    assert alarms == []
    assert follower.failed is None
    assert slow.said() == said(7)
    assert follower.progress.positions == [7]


def test_who_is_superseded_takes_no_partition_and_asks_again() -> None:
    class Older(TableEffect):
        asked = 0

        def positions(self) -> Mapping[int, int]:
            self.asked += 1
            if self.asked < 4:
                raise Superseded("a newer program is in charge")
            return super().positions()

    source = ScriptedSource(batches([0, 1]))
    follower = Follower("views", source, effect := Older(database()))
    source.exhausted = follower.stop
    follower._run()
    assert effect.asked > 3
    assert source.opened == [{0: 0}]
    assert effect.said() == said(2)
    assert follower.failed is None


def test_a_feed_that_is_given_a_partition_again_goes_on_where_others_left_it() -> None:
    engine = database()
    effect, other = TableEffect(engine), TableEffect(engine)

    class Sharing(ScriptedSource):
        def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> ScriptedFeed:
            def taken_away_and_given_back() -> Iterable[Sequence[Recorded]]:
                yield _ALL[: positions()[0] + 2]
                other.apply(0, 2, _ALL[2:6])
                yield _ALL[positions()[0] : 9]

            assert name == "views"
            self.opened.append({})
            return ScriptedFeed(self, taken_away_and_given_back())

    source = Sharing(batches())
    follower = Follower("views", source, effect)
    source.exhausted = follower.stop
    follower._run()
    assert effect.said() == said(9)
    assert len(source.opened) == 1, "without an error on the way"


def test_followers_of_other_names_do_not_hinder_each_other() -> None:
    engine = database()
    follow(batches([0, 1]), TableEffect(engine, "one"))
    follow(batches([0, 1, 2]), TableEffect(engine, "two"))
    assert TableEffect(engine, "one").positions() == {0: 2}
    assert TableEffect(engine, "two").positions() == {0: 3}


def test_its_pause_grows_while_a_store_is_away_and_is_short_again_afterwards() -> None:
    pauses: list[float] = []

    def away(*_: object) -> Iterable[Sequence[Recorded] | Exception]:
        pauses.append(follower._pause)
        yield StoreUnavailable("away") if len(pauses) in (1, 2, 4) else _ALL[0:1]
        if len(pauses) == 3:
            yield StoreUnavailable("away")

    source = ScriptedSource(away)
    follower = Follower("views", source, TableEffect(database()))
    source.exhausted = follower.stop
    follower._run()
    shortest = follower_module._SHORTEST_PAUSE
    assert pauses == [shortest, 2 * shortest, 4 * shortest, 2 * shortest, 4 * shortest]


def test_an_alarm_that_nobody_listens_to_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    for script in (batches([3]), lambda *_: [Crash("a bug")]):
        source = ScriptedSource(script)
        Follower("views", source, TableEffect(database()))._run()
    assert "follower views stopped: scripted/0: position 3 came where 0 comes next" in caplog.text
    assert "follower views failed: a bug" in caplog.text
    assert "Traceback" in caplog.text


def test_it_follows_a_live_store_and_stops_when_it_is_told() -> None:
    store = MemoryStore(partitions=2)
    progress = Progress(store.heads())
    effect = TableEffect(database(), partitions=2)
    source = PositionSource("scripted", 2, store, progress, recheck=10 * PATIENCE)
    follower = Follower("views", source, effect)
    follower.stop()  # before the start nothing happens
    follower = Follower("views", source, effect)
    follower.start()
    for version in range(20):
        for partition in (0, 1):
            store.append([append(stream_in(partition, 2), version, str(version))])
            progress.moved(partition, version + 1)
    for partition in (0, 1):
        assert follower.progress.wait_beyond({partition: 19}, PATIENCE)
    follower.stop(PATIENCE)
    follower.stop()
    assert not follower._thread.is_alive()
    assert (effect.said(0), effect.said(1)) == (said(20), said(20))
    assert follower.failed is None


def test_a_partition_that_it_does_not_follow_stays_at_0() -> None:
    effect = TableEffect(database(), partitions=1)
    follower = Follower("views", ScriptedSource(batches([0]), partitions=3), effect)
    assert follower.progress.positions == [0, 0, 0]


def test_run_to_end_applies_all_there_is_and_counts_it() -> None:
    effect = TableEffect(database())
    source = ScriptedSource(batches([], [0, 1], [0, 1, 1, 2], [2], [3, 4]))
    assert run_to_end(source, effect, [5]) == 5
    assert effect.said() == said(5)
    assert run_to_end(source, effect, [5]) == 0
    assert source.opened == [{0: 0}, {}]
    assert source.closed == 2


def test_run_to_end_stops_at_a_gap() -> None:
    effect = TableEffect(database())
    with pytest.raises(GapFound) as gap:
        run_to_end(ScriptedSource(batches([0, 1, 3])), effect, [4])
    assert (gap.value.wanted, gap.value.found) == (2, 3)
    assert effect.said() == said(2)


def test_to_stop_while_the_feed_is_put_away_is_allowed() -> None:
    closing, stopped = threading.Event(), threading.Event()

    class SlowToClose(ScriptedSource):
        def over(self) -> None:
            closing.set()
            assert stopped.wait(PATIENCE)
            super().over()

    follower = Follower("views", SlowToClose(lambda *_: [Crash()]), TableEffect(database()))
    follower._alarm = lambda *_: None
    follower.start()
    assert closing.wait(PATIENCE)
    follower.stop(timeout=0)
    stopped.set()
    follower.stop(PATIENCE)
    assert not follower._thread.is_alive()
