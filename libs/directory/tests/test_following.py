from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pytest
from decider.refusal import Refusal
from directory.directory import Directory
from directory.following import DirectoryEffect, Following
from directory.specification import PARTITIONS, recorded, registered
from eventlog.errors import PositionMoved
from eventlog.record import Recorded
from lienthong.identity.v1.agency_pb2 import AgencyRenamed
from lienthong.log.v1.record_pb2 import Position

RECORDS = recorded(registered(f"H{number}") for number in range(10, 40))


class BadSource:
    """A source that slices a log at random, repeats what it has given and comes empty-handed."""

    log = "identity"
    partitions = PARTITIONS
    measured: Mapping[str, str] = MappingProxyType({"messaging.destination.name": "identity"})

    def __init__(self, records: Sequence[Recorded], seed: int) -> None:
        self.records = records
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def subscribe(self, name: str, from_positions: Mapping[int, int]) -> BadFeed:
        assert name
        return BadFeed(self.records, from_positions, self._random)

    def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> BadFeed:
        raise AssertionError(f"{name} must see everything, not a share of {positions()}")


class BadFeed:
    def __init__(self, records: Sequence[Recorded], positions: Mapping[int, int], chance: random.Random) -> None:
        self._records = records
        self._next = dict(positions)
        self._random = chance

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        del timeout
        partition = self._random.randrange(PARTITIONS)
        start = max(0, self._next[partition] - self._random.choice((0, 0, 1, 3)))
        count = min(limit, self._random.randint(0, 3))
        found = [r for r in self._records if r.partition == partition and r.position >= start][:count]
        if found:
            self._next[partition] = max(self._next[partition], found[-1].position + 1)
        return found

    def lag(self) -> Mapping[int, int]:
        return {}

    def wake(self) -> None: ...

    def close(self) -> None: ...


def heads_of(records: Sequence[Recorded]) -> list[int]:
    return [sum(record.partition == partition for record in records) for partition in range(PARTITIONS)]


def place(record: Recorded) -> Position:
    return Position(log=record.log, partition=record.partition, position=record.position)


def test_it_catches_up_with_a_source_that_repeats_slices_and_dawdles() -> None:
    following = Following(BadSource(RECORDS, seed=7))
    following.start()
    asyncio.run(asyncio.wait_for(following.caught_up(heads_of(RECORDS)), 10))
    following.stop()
    assert following.failed is None
    assert [entry.code for entry in following.directory] == [f"H{number}" for number in range(10, 40)]


def test_what_was_waited_for_is_known() -> None:
    following = Following(BadSource(RECORDS, seed=3))
    following.start()
    asyncio.run(asyncio.wait_for(following.wait([place(RECORDS[-1])]), 10))
    assert following.directory.agency("H39") is not None
    following.stop()


def test_positions_of_other_logs_are_passed_over() -> None:
    following = Following(BadSource((), seed=1))
    asyncio.run(asyncio.wait_for(following.wait([Position(log="docexchange", partition=99, position=99)]), 1))


@pytest.mark.parametrize(("partition", "position"), [(PARTITIONS, 0), (-1, 0), (0, -1)])
def test_a_place_that_the_log_cannot_have_is_refused(partition: int, position: int) -> None:
    following = Following(BadSource((), seed=1))
    with pytest.raises(Refusal, match="POSITION_UNKNOWN") as caught:
        asyncio.run(following.wait([Position(log="identity", partition=partition, position=position)]))
    assert caught.value.violations[0].field == "after[0]"


def test_records_out_of_place_are_not_taken() -> None:
    effect = DirectoryEffect(Directory(), PARTITIONS)
    first = RECORDS[0].partition
    effect.apply(first, 0, RECORDS[:1])
    with pytest.raises(PositionMoved):
        effect.apply(first, 0, RECORDS[:1])
    assert effect.positions()[first] == 1


def test_a_broken_log_stops_it_and_it_says_why() -> None:
    told: list[str] = []
    broken = recorded([AgencyRenamed(code="H41", display_name="?")])
    following = Following(BadSource(broken, seed=2), alarm=lambda name, _: told.append(name))
    following.start()
    following._follower._thread.join(10)
    assert "agency-H41" in str(following.failed)
    assert told == ["directory"]


def test_questions_are_answered_while_records_are_taken() -> None:
    records = recorded(
        registered(f"H{number}", f"H{number // 2}" if number > 100 else "") for number in range(100, 999)
    )
    following = Following(BadSource(records, seed=5))
    following.start()
    seen = 0
    while seen < len(records):
        codes = [entry.code for entry in following.directory]
        assert codes == sorted(codes)
        assert len(codes) >= seen
        seen = len(codes)
    following.stop()
    assert following.directory.children("H200") == ("H400", "H401")
