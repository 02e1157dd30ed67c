"""The relay publishes every record in order, and moves its position afterwards, under its lease."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from eventlog.errors import LeaseLost, PositionMoved, StoreUnavailable
from eventlog.lease import Lease
from eventlog.local_topic import LocalTopic
from eventlog.record import Recorded

from .relay_world import PARTITIONS, World, drain


def test_every_record_goes_out_in_order_and_the_position_follows(world: World) -> None:
    relay = world.relay()
    world.add(0, 7)
    world.add(1, 2)
    assert relay.step() == 5
    assert relay.lag() == {0: 4, 1: 0}
    assert world.relayed() == [3, 2]
    drain(relay)
    assert world.hostile.published == {0: list(range(7)), 1: [0, 1]}
    assert world.relayed() == [7, 2]
    assert relay.lag() == {0: 0, 1: 0}


def test_nothing_is_published_before_it_is_committed(world: World) -> None:
    relay = world.relay()
    world.progress.moved(0, 5)  # told of, but not in the store
    assert relay.step() == 0
    assert world.hostile.published == {}


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_a_topic_that_fails_after_some_records_is_given_them_again(world: World, taken: int) -> None:
    relay = world.relay()
    world.add(0, 3)
    world.hostile.parts = [taken]
    with pytest.raises(StoreUnavailable):
        relay.step()
    assert world.relayed()[0] == 0
    drain(world.relay())
    assert world.hostile.published[0] == [*range(taken), 0, 1, 2]
    world.assert_all_published()


@pytest.mark.parametrize(("fault", "repeats"), [("before", 3), ("after", 0)])
def test_a_crash_around_the_move_leads_to_repeats_at_most(world: World, fault: str, repeats: int) -> None:
    world.add(0, 6)
    world.positions.faults = [fault]
    with pytest.raises(StoreUnavailable):
        world.relay().step()
    drain(world.relay())
    assert len(world.hostile.published[0]) == 6 + repeats
    world.assert_all_published()


def test_a_topic_that_lost_its_tail_is_given_the_rest_again_at_the_start(world: World) -> None:
    world.add(0, 8)
    world.add(1, 4)
    drain(world.relay())
    world.hostile.published = {0: [0, 1, 2]}
    drain(world.relay())
    assert world.hostile.published == {0: list(range(8)), 1: list(range(4))}
    assert world.relayed() == [8, 4]


def test_a_topic_that_holds_more_than_was_told_is_not_believed(world: World) -> None:
    world.add(0, 3)
    world.hostile.published = {0: [0, 1, 2, 3, 4, 5]}  # of a store that was put back to an older copy
    drain(world.relay())
    assert world.relayed()[0] == 3
    assert world.hostile.published[0][6:] == [0, 1, 2]


def test_one_relay_works_while_it_holds_the_leases_and_another_takes_over(world: World) -> None:
    first, second = world.relay("a"), world.relay("b")
    world.add(0, 4)
    assert first.step() == 3
    assert second.step() == 0
    assert second.lag() == {}
    world.sleep_through_the_lease()
    drain(second)
    assert world.hostile.published[0] == [0, 1, 2, 3]


def test_a_zombie_that_wakes_up_in_publishing_writes_no_position(world: World) -> None:
    zombie, heir = world.relay("a"), world.relay("b")
    world.add(0, 9)

    def sleep() -> None:
        world.hostile.before = lambda: None
        world.sleep_through_the_lease()
        assert heir.step() == 3  # the heir publishes 0 to 2 first
        assert heir.step() == 3

    world.hostile.before = sleep
    with pytest.raises(PositionMoved):
        zombie.step()
    assert world.relayed()[0] == 6
    assert world.hostile.published[0] == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    drain(heir)
    world.assert_all_published()


def test_a_zombie_at_the_very_position_of_its_heir_writes_none_either(world: World) -> None:
    zombie, heir = world.relay("a"), world.relay("b")
    world.add(0, 3)

    def sleep() -> None:
        world.hostile.before = lambda: None
        world.sleep_through_the_lease()
        heir._look()

    world.hostile.before = sleep
    with pytest.raises(PositionMoved):
        zombie.step()
    assert world.relayed()[0] == 0


def test_a_zombie_is_told_when_it_renews(world: World) -> None:
    zombie = world.relay("a")
    zombie.step()
    world.sleep_through_the_lease()
    world.relay("b").step()
    with pytest.raises(LeaseLost):
        zombie.step()


def test_who_holds_nothing_looks_a_few_times_in_a_lease_and_not_at_each_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.relay("a"), world.relay("b")
    first.step()
    asked: list[str] = []
    take = world.leases.take

    def counted(name: str, holder: str) -> Lease | None:
        asked.append(name)
        return take(name, holder)

    monkeypatch.setattr(world.leases, "take", counted)
    for tenth in range(100):  # ten seconds: a lease's time
        world.clock.micros += 100_000
        world.add(0, 1)
        second.step()
        assert first.step() == 1, f"step {tenth} has nothing but the new record to read"
    assert 3 * PARTITIONS <= len(asked) <= 4 * PARTITIONS
    assert world.relayed()[0] == 100


def test_only_partitions_with_something_to_publish_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = world.relay()
    read: list[int] = []
    store_read = world.store.read

    def counted(partition: int, position: int, limit: int) -> Sequence[Recorded]:
        read.append(partition)
        return store_read(partition, position, limit)

    monkeypatch.setattr(world.store, "read", counted)
    world.add(1, 2)
    drain(relay)
    assert read == [1]


def test_an_epoch_older_than_the_last_one_cannot_begin(world: World) -> None:
    world.positions.take(0, 5, 0)
    with pytest.raises(LeaseLost):
        world.positions.take(0, 4, 0)
    assert world.positions.take(0, 5, 7) == 0


def test_a_local_topic_is_filled_again_after_it_was_lost(world: World, tmp_path: Path) -> None:
    world.add(0, 5)
    for name in ("first", "second"):
        topic = LocalTopic(tmp_path / name)
        world.topic = topic
        drain(world.relay())
        assert list(topic.heads("memory", PARTITIONS)) == [5, 0]
        topic.close()
