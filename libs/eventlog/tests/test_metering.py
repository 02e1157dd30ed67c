"""What is told of writers, relays and followers that run, when someone looks."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest
from eventlog import metering
from eventlog.conformance.material import append, records, stream_in
from eventlog.errors import StoreUnavailable
from eventlog.feed import PositionSource
from eventlog.follower import Follower
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.writer import Writer

from .doubles import PATIENCE, MemoryStore, ScriptedSource


class Held:
    """An effect that waits to be let go, and then fails when it is told to."""

    def __init__(self) -> None:
        self.arrived, self.go = threading.Semaphore(0), threading.Event()
        self.fault: Exception | None = None

    def positions(self) -> Mapping[int, int]:
        return {0: 0, 1: 0}

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        del partition, position, records
        self.arrived.release()
        assert self.go.wait(PATIENCE)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.go.set()


def of(name: str, told: Iterable[tuple[Mapping[str, str], int]]) -> dict[str, int]:
    """Return what is told of one follower or log, by partition."""
    return {tags.get("partition", ""): value for tags, value in told if name in tags.values()}


def store_with(count: int) -> tuple[MemoryStore, Progress]:
    store = MemoryStore(2)
    for number in range(count):
        store.append([append(stream_in(0, 2), number, "x")])
    return store, Progress(store.heads())


def test_a_followers_lag_counts_what_is_under_way_and_what_is_to_come(held: Held) -> None:
    store, progress = store_with(3)
    follower = Follower("lagging", PositionSource("memory", 2, store, progress), held)
    assert of("lagging", metering.follower_lag()) == {}, "it does not run yet"
    follower.start()
    assert held.arrived.acquire(timeout=PATIENCE)
    assert of("lagging", metering.follower_lag()) == {"0": 3, "1": 0}
    progress.moved(0, 5)
    assert of("lagging", metering.follower_lag()) == {"0": 5, "1": 0}
    held.go.set()
    asyncio.run(asyncio.wait_for(follower.progress.reached(0, 2), PATIENCE))
    follower.stop()
    assert of("lagging", metering.follower_lag()) == {}


def test_one_that_has_failed_says_so_and_keeps_the_lag_that_it_had(held: Held) -> None:
    store, progress = store_with(3)
    alarmed = threading.Event()
    follower = Follower("failing", PositionSource("memory", 2, store, progress), held, alarm=lambda *_: alarmed.set())
    held.fault = ValueError("no")
    held.go.set()
    follower.start()
    assert alarmed.wait(PATIENCE)
    assert of("failing", metering.follower_failed()) == {"": 1}
    assert of("failing", metering.follower_waiting()) == {"": 0}
    assert of("failing", metering.follower_lag()) == {"0": 3, "1": 0}
    follower.stop()


def test_one_that_waits_says_so_until_it_goes_on() -> None:
    waited = threading.Event()
    source = ScriptedSource(lambda *_: [StoreUnavailable("away")] if not waited.is_set() else [], 2)
    follower = Follower("waiting", source, Held())
    follower._effect.go.set()  # type: ignore[attr-defined]
    follower.start()
    while of("waiting", metering.follower_waiting()) != {"": 1}:
        assert not waited.wait(0.001)
    waited.set()
    while of("waiting", metering.follower_waiting()) != {"": 0}:
        assert waited.wait(0)
    follower.stop()


def test_a_writer_tells_the_heads_and_one_that_is_closed_is_not_asked() -> None:
    store = MemoryStore(2)
    store.log = "headed"
    writer = Writer(store)
    asyncio.run(writer.append(append(stream_in(1, 2), 0, "a", "b")))
    assert of("headed", metering.log_records()) == {"0": 0, "1": 2}
    writer.close()
    assert of("headed", metering.log_records()) == {}


def test_of_two_that_bear_one_name_the_worse_is_told_and_none_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    class Behind:
        name = log = "twice"
        failed = waits = None

        def __init__(self, lag: int) -> None:
            self._lag = lag

        def lag(self) -> Mapping[int, int]:
            return {0: self._lag}

    callbacks: list[Iterable[object]] = []
    monkeypatch.setattr(metering._meter, "create_observable_gauge", lambda _name, given, **_: callbacks.extend(given))
    metering.observe("x", "", metering.follower_lag, "")
    running = [Behind(3), Behind(9), Behind(4)]
    for each in running:
        metering.followers.add(each)
    del each
    [told] = [one for one in callbacks[0](None) if one.attributes["log"] == "twice"]  # type: ignore[operator]
    assert told.value == 9
    running.clear()
    gc.collect()
    assert of("twice", metering.follower_lag()) == {}


def test_a_lag_can_be_asked_of_records_that_repeat() -> None:
    source = ScriptedSource(lambda *_: [records("scripted", 0, range(3)), records("scripted", 0, range(3))], 2)
    source.behind = {0: 2}
    effect = Held()
    effect.go.set()
    follower = Follower("repeating", source, effect)
    lags: list[Mapping[int, int]] = []

    def look() -> None:
        lags.append(follower.lag())
        follower.stop()

    source.exhausted = look
    follower._run()
    assert lags[0] == {0: 2}
