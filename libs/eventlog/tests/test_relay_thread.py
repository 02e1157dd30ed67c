"""The relay's thread publishes what comes, lives on after any fault, and ends when it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from eventlog import relay as relay_module
from eventlog.errors import StoreUnavailable
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.relay import Relay

from . import databases
from .doubles import PATIENCE, HostileTopic
from .relay_world import PARTITIONS, World


@pytest.fixture
def started(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Relay]]:
    """Start relays with short pauses; all are stopped afterwards."""
    monkeypatch.setattr(relay_module, "_LONGEST_PAUSE", 0.01)
    begun: list[Relay] = []

    def start() -> Relay:
        begun.append(world.relay())
        begun[-1].start()
        return begun[-1]

    yield start
    for relay in begun:
        relay.stop(PATIENCE)
        assert not relay._thread.is_alive()


class Bell(HostileTopic):
    """A topic that tells how far each partition is."""

    def __init__(self) -> None:
        super().__init__()
        self.progress = Progress([0] * PARTITIONS)

    def publish(self, records: Sequence[Recorded]) -> None:
        super().publish(records)
        for partition, head in enumerate(self.heads("", PARTITIONS)):
            self.progress.moved(partition, head)


def test_its_thread_publishes_what_is_committed_and_ends_when_it_is_told(
    world: World, started: Callable[[], Relay]
) -> None:
    world.topic = bell = Bell()
    relay = started()
    for count in (1, 5, 2):
        world.add(0, count)
        assert bell.progress.wait_beyond({0: world.store.heads()[0] - 1}, PATIENCE)
    relay.stop(PATIENCE)
    assert not relay._thread.is_alive()
    assert world.leases.take("relay/0", "b") is not None, "it has let its leases go"
    world.assert_all_published()


def test_its_thread_lives_on_after_any_fault(
    world: World, started: Callable[[], Relay], caplog: pytest.LogCaptureFixture
) -> None:
    world.topic = bell = Bell()
    world.store.faults = [StoreUnavailable("away"), ValueError("a bug")]
    world.hostile.parts = [0, 1]
    world.positions.faults = ["before", "after"]
    world.add(0, 9)
    started()
    assert bell.progress.wait_beyond({0: 8}, PATIENCE)
    world.assert_all_published()
    assert "relay of memory begins again: away" in caplog.text
    assert "relay of memory failed; it begins again" in caplog.text


def test_a_file_that_is_gone_at_the_end_leaves_the_leases_to_run_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with databases.sqlite(tmp_path) as file:
        relay = World(file).relay()
        assert relay.step() == 0
        relay._stopping.set()
    relay._run()
    assert "leaves its leases on relay/ to run out" in caplog.text


def test_a_relay_that_never_began_can_be_stopped(world: World) -> None:
    world.relay().stop()


def test_the_lag_can_be_asked_while_it_works(world: World, started: Callable[[], Relay]) -> None:
    relay, over = started(), threading.Event()
    lags: list[int] = []

    def ask() -> None:
        while not over.is_set():
            lags.extend(relay.lag().values())

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(50):
        world.positions.faults = ["before"]
        world.add(0, 1)
    over.set()
    asking.join(PATIENCE)
    assert all(lag >= 0 for lag in lags)
