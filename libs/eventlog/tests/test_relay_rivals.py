"""Two rival relays, and every fault that can be told: repeats at most, never a gap."""

from __future__ import annotations

from typing import Any

from eventlog.errors import LeaseLost, PositionMoved, StoreUnavailable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .relay_world import World

_script = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 3)),
        st.tuples(st.just("move"), st.sampled_from(["before", "after"])),
        st.tuples(st.just("read"), st.none()),
        st.tuples(st.just("crash"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("step"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("add"), st.integers(1, 5)),
        st.tuples(st.just("sleep"), st.none()),
        st.tuples(st.just("lose"), st.integers(1, 4)),
    ),
    max_size=25,
)


class Play:
    """Two rivals on one log, and what befalls them: a method for each word of the script."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.relays = {who: world.relay(who) for who in ("a", "b")}

    def step(self, who: str) -> None:
        try:
            self.relays[who].step()
        except (StoreUnavailable, LeaseLost, PositionMoved):
            self.crash(who)

    def crash(self, who: str) -> None:
        self.relays[who] = self.world.relay(who)

    def publish(self, taken: int) -> None:
        self.world.hostile.parts.append(taken)

    def move(self, when: str) -> None:
        self.world.positions.faults.append(when)

    def read(self, _: None) -> None:
        self.world.store.faults.append(StoreUnavailable("away"))

    def add(self, count: int) -> None:
        self.world.add(count % 2, count)

    def sleep(self, _: None) -> None:
        self.world.sleep_through_the_lease()

    def lose(self, count: int) -> None:
        """Take the topic's tail away; it died with its process, so all relays begin again."""
        published = self.world.hostile.published
        self.world.hostile.published = {partition: found[:-count] for partition, found in published.items()}
        self.relays = {who: self.world.relay(who) for who in self.relays}


@given(script=_script)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_fails_there_are_repeats_at_most_and_never_a_gap(world: World, script: list[tuple[str, Any]]) -> None:
    world.reset()
    world.add(0, 4)
    play = Play(world)
    for what, how in script:
        getattr(play, what)(how)
        play.step("a")
        play.step("b")
    world.store.faults, world.hostile.parts, world.positions.faults = [], [], []
    for _ in range(3):  # whoever holds a lease, some rival gets it
        world.sleep_through_the_lease()
        for who in play.relays:
            for _ in range(40):
                play.step(who)
    world.assert_all_published()
    assert world.relayed() == list(world.store.heads())
