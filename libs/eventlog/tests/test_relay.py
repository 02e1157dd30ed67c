"""The relay publishes every record in order, and moves its position afterwards, under its lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from eventlog.errors import BehindTopic, LeaseLost, PositionMoved, StoreUnavailable
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


def test_where_the_topic_holds_more_than_the_store_nothing_is_published(world: World) -> None:
    world.add(0, 3)
    world.hostile.published = {0: [0, 1, 2, 3, 4, 5]}  # of a store that was put back to an older copy
    with pytest.raises(BehindTopic, match="has 3 records, and its topic 6"):
        drain(world.relay())
    assert world.hostile.published[0][6:] == []


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
    heir = world.relay("b")
    heir.step()
    zombie.step()
    assert (set(zombie.lag()), set(heir.lag())) == (set(), {0, 1})


def test_relays_divide_the_partitions_when_another_comes_and_when_one_goes(world: World) -> None:
    first, second = world.relay("a"), world.relay("b")
    first.step()
    second.step()
    for _ in range(2):  # the first sees the second and gives up, the second takes
        world.clock.micros += 1_000_001
        first.step()
        second.step()
    assert (set(first.lag()), set(second.lag())) == ({0}, {1})
    world.add(0, 2)
    world.add(1, 2)
    assert (first.step(), second.step()) == (2, 2)
    second._share.leave()
    world.clock.micros += 1_000_001
    first.step()
    assert set(first.lag()) == {0, 1}
    world.assert_all_published()
    assert world.hostile.published == {0: [0, 1], 1: [0, 1]}


def test_a_relay_goes_on_at_once_where_a_killed_one_of_its_name_was(world: World) -> None:
    world.relay("a").step()
    world.add(0, 1)
    assert world.relay("a").step() == 1


def test_who_holds_nothing_looks_a_few_times_in_a_lease_and_not_at_each_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (world.relay(who) for who in "abc")
    for relay in (first, second, third, first, second, third):
        relay.step()
        world.clock.micros += 1_000_001
    assert third.lag() == {}
    asked: list[str] = []
    holders = world.leases.holders

    def counted(prefix: str) -> Mapping[str, str]:
        asked.append(prefix)
        return holders(prefix)

    monkeypatch.setattr(world.leases, "holders", counted)
    for _ in range(100):  # ten seconds: a lease's time
        world.clock.micros += 100_000
        third.step()
    assert 9 <= len(asked) <= 11


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
