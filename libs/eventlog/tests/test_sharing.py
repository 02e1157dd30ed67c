"""The partitions of a log are divided fairly among those who are there, whoever comes, goes, dies or sleeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventlog import schema
from eventlog.conformance.material import START, Clock
from eventlog.errors import StoreUnavailable
from eventlog.feed import PositionFeed, SharedFeed
from eventlog.lease import Leases
from eventlog.sharing import Share, Sharing
from eventlog.sqlite import SqliteFile, create_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_feed import Shelf

SECONDS = 5
LOOK = SECONDS / 10


class Members:
    """Feeds' shares of one log, each with a process of its own, under one clock."""

    def __init__(self, file: SqliteFile, partitions: int) -> None:
        with file.write() as connection:
            connection.execute("DELETE FROM log_leases")
        self.clock = Clock()
        self.partitions = partitions
        self.here: dict[str, Share] = {}
        self._leases = Leases(file, SECONDS, self.clock)

    def sharing(self, name: str) -> Sharing:
        return Sharing(self._leases, name, lambda: (self.clock.micros - START) / 1_000_000 + 1)

    def comes(self, name: str) -> Share:
        share = self.here[name] = self.sharing(name).join("f/log", self.partitions)
        return share

    def look(self, *names: str) -> None:
        """Let members look; time goes on until all are due again."""
        for name in names or sorted(self.here):
            self.here[name].look()
        self.clock.micros += int(LOOK * 1_000_000) + 1

    def has(self) -> dict[str, set[int]]:
        return {name: set(share._held) for name, share in self.here.items()}

    def held(self) -> list[int]:
        return sorted(partition for held in self.has().values() for partition in held)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path_factory.mktemp("sharing") / "log.db", "OFF")
    with file.write() as connection:
        create_tables(connection, schema.metadata)
    yield file
    file.close()


@pytest.fixture
def members(file: SqliteFile) -> Members:
    return Members(file, 8)


def test_who_is_alone_has_all_at_once(members: Members) -> None:
    assert sorted(members.comes("a").look()) == list(range(8))


def test_who_comes_gets_his_part_within_two_looks(members: Members) -> None:
    for count, name in enumerate("abc", 1):
        members.comes(name)
        members.look(name)
        for _ in range(2):
            members.look()
        assert members.held() == list(range(8))
        assert max(len(held) for held in members.has().values()) == -(-8 // count)


def test_who_leaves_is_replaced_when_the_others_look(members: Members) -> None:
    members.comes("a")
    members.comes("b")
    for _ in range(3):
        members.look()
    members.here.pop("a").leave()
    members.look()
    assert members.has() == {"b": set(range(8))}


def test_who_dies_is_replaced_when_its_leases_have_run_out(members: Members) -> None:
    members.comes("a")
    members.comes("b")
    for _ in range(3):
        members.look()
    died = members.clock.micros
    members.here.pop("a")
    while len(members.has()["b"]) < 8:
        members.look()
    assert members.clock.micros - died <= (SECONDS + 2 * LOOK) * 1_000_000


def test_more_members_than_partitions_leave_some_without(file: SqliteFile) -> None:
    members = Members(file, 2)
    for name in "abcd":
        members.comes(name)
    for _ in range(4):
        members.look()
    assert members.held() == [0, 1]
    assert Counter(len(held) for held in members.has().values()) == {1: 2, 0: 2}


def test_groups_do_not_mix(members: Members) -> None:
    members.comes("a").look()
    other = members.sharing("b").join("f/log-other", 3)
    assert sorted(other.look()) == [0, 1, 2]


def test_what_was_lost_and_taken_again_has_a_new_epoch(members: Members) -> None:
    slept = members.comes("a")
    before = slept.look()
    members.clock.micros += 2 * SECONDS * 1_000_000
    other = members.comes("b")
    other.look()
    other.leave()
    after = slept.look()
    assert set(after) == set(before)
    assert all(after[partition] > before[partition] for partition in after)


def test_between_two_looks_the_leases_are_not_asked(members: Members) -> None:
    share = members.comes("a")
    before = share.look()
    assert 0 < share.rest() <= LOOK
    share._leases = None  # type: ignore[assignment]
    assert share.look() == before


def test_to_leave_while_the_leases_are_away_leaves_them_to_run_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = SqliteFile(tmp_path / "log.db", "OFF")
    with file.write() as connection:
        create_tables(connection, schema.metadata)
    share = Members(file, 2).comes("a")
    share.look()
    file.close()
    share.leave()
    assert "a leaves its leases on share/f/log/ to run out" in caplog.text
    with pytest.raises(StoreUnavailable):
        share.look()


_steps = st.lists(st.tuples(st.sampled_from(["look", "come", "leave", "die", "sleep"]), st.sampled_from("abcd")))


@given(partitions=st.integers(1, 9), steps=_steps)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_they_come_and_go_each_partition_has_one_holder_and_the_parts_are_fair(
    file: SqliteFile, partitions: int, steps: list[tuple[str, str]]
) -> None:
    members = Members(file, partitions)
    for what, name in steps:
        if what == "come" and name not in members.here:
            members.comes(name)
        elif what == "sleep":
            members.clock.micros += 3 * SECONDS * 1_000_000 // 4
        elif name in members.here:
            if what == "look":
                members.look(name)
            elif what == "leave":
                members.here.pop(name).leave()
            elif what == "die":
                del members.here[name]
    for _ in range(14):  # until the leases of the dead have run out, and what is above the parts is given up
        members.look()
    if members.here:
        assert members.held() == list(range(partitions))
        sizes = [len(held) for held in members.has().values()]
        assert max(sizes) - min(sizes) <= 1


def feed_of(members: Members, name: str, shelf: Shelf, stored: dict[int, int]) -> SharedFeed:
    members.comes(name)
    feed = PositionFeed(shelf, shelf.progress, {}, 0.001)
    return SharedFeed(feed, members.here[name], lambda: dict(stored))


def test_a_feed_begins_each_partition_that_it_is_given_where_it_is_stored_then(file: SqliteFile) -> None:
    members, shelf, stored = Members(file, 3), Shelf(4, 4, 4), {0: 1, 1: 2, 2: 3}
    feed = feed_of(members, "a", shelf, stored)
    first = {found[0].partition: found[0].position for found in iter(lambda: list(feed.poll(9, 0)), [])}
    assert first == {0: 1, 1: 2, 2: 3}
    stored.update({0: 4, 1: 4, 2: 4})
    other = feed_of(members, "b", shelf, stored)
    members.look()
    members.look()
    given_up = set(range(3)) - members.has()["a"]
    assert len(given_up) == 1
    members.look()
    for partition in range(3):
        shelf.add(partition)
    ours = {r.partition for found in iter(lambda: list(feed.poll(9, 0)), []) for r in found}
    theirs = {r.partition for found in iter(lambda: list(other.poll(9, 0)), []) for r in found}
    assert (ours, theirs) == (set(range(3)) - given_up, given_up)
    stored.update(dict.fromkeys(range(3), 5))
    stored[given_up.pop()] = 4
    other.close()
    members.look("a")
    shelf.progress.wake()
    assert [r.position for found in iter(lambda: list(feed.poll(9, 0)), []) for r in found] == [4]


def test_a_wake_ends_a_poll_without_a_partition(members: Members) -> None:
    shelf = Shelf()
    feed = feed_of(members, "a", shelf, {})
    feed._share = members.sharing("b").join("other", 0)
    feed.wake()
    assert list(feed.poll(9, 100)) == []
