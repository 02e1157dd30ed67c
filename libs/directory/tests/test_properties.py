"""Whatever the mergers and however the streams arrive, the answers are the same."""

from __future__ import annotations

import random
from collections.abc import Sequence

from directory.directory import Directory
from directory.specification import PARTITIONS, enrolled, merged, recorded, registered, rotated
from eventlog.record import Recorded
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from lienthong.identity.v1.agency_pb2 import AgencyMoved, AgencySuspended

CODES = [f"H{number}" for number in range(10, 22)]
successions = st.lists(st.integers(0, len(CODES) - 1), min_size=len(CODES), max_size=len(CODES))


def folded(records: Sequence[Recorded]) -> Directory:
    directory = Directory()
    for record in records:
        directory.take(record)
    return directory


def shuffled(records: Sequence[Recorded], seed: int) -> list[Recorded]:
    """Interleave the partitions anew; each stays in order."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    queues = [[record for record in records if record.partition == partition] for partition in range(PARTITIONS)]
    order = []
    while left := [queue for queue in queues if queue]:
        order.append(chance.choice(left).pop(0))
    return order


def history(successors: Sequence[int], *, acyclic: bool) -> list[Message]:
    """Register all, with systems; merge each into the one drawn (itself: not at all)."""
    events: list[Message] = [registered(code, CODES[index // 2] if index else "") for index, code in enumerate(CODES)]
    events += [enrolled(f"s-{code.lower()}", code, code.encode().ljust(32)) for code in CODES]
    events += [rotated(f"s-{code.lower()}", code.encode().rjust(32), 1_700_000_000) for code in CODES[::2]]
    events += [AgencyMoved(code=code, parent=CODES[0]) for code in CODES[5:8]]
    events += [AgencySuspended(code=code, reason="thử") for code in CODES[3::4]]
    for index, drawn in enumerate(successors):
        successor = max(index, drawn) if acyclic else drawn
        if successor != index:
            events.append(merged(CODES[index], CODES[successor]))
    return events


@given(successions, st.integers())
def test_any_interleaving_of_the_streams_gives_the_same_directory(successors: list[int], seed: int) -> None:
    records = recorded(history(successors, acyclic=False))
    one, other = folded(records), folded(shuffled(records, seed))
    assert list(one) == list(other)
    assert one.systems() == other.systems()
    for code in CODES:
        assert one.holder(code) == other.holder(code)
        assert one.predecessors(code) == other.predecessors(code)
        assert one.children(code) == other.children(code)
    for system in one.systems():
        assert [one.find(key.id) for key in system.keys] == [other.find(key.id) for key in system.keys]


@given(successions)
def test_the_holder_is_the_end_of_the_chain_of_mergers(drawn: list[int]) -> None:
    directory = folded(recorded(history(drawn, acyclic=True)))
    for index, code in enumerate(CODES):
        end = index
        while drawn[end] > end:
            end = drawn[end]
        holder = directory.holder(code)
        assert holder is not None
        assert holder.code == CODES[end]


@given(successions)
def test_predecessors_are_the_inverse_of_the_holder(drawn: list[int]) -> None:
    directory = folded(recorded(history(drawn, acyclic=True)))
    for code in CODES:
        entry = directory.agency(code)
        assert entry is not None
        held = {each for each in CODES if directory.holder(each) == entry and each != code}
        assert directory.predecessors(code) == (held if not entry.successor else directory.predecessors(code))
        assert all(directory.holder(each) == directory.holder(code) for each in directory.predecessors(code))


@given(successions)
def test_circles_of_mergers_end_in_one_holder_for_all_of_them(drawn: list[int]) -> None:
    directory = folded(recorded(history(drawn, acyclic=False)))
    for code in CODES:
        holder = directory.holder(code)
        assert holder is not None
        assert directory.holder(holder.code) == holder
        for each in directory.predecessors(code):
            assert directory.holder(each) == holder
