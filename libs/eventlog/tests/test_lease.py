"""A lease has one holder at a time, and an epoch that is never given out twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from eventlog.conformance.material import Clock
from eventlog.errors import LeaseLost, StoreUnavailable
from eventlog.lease import Lease, Leases
from eventlog.transactions import Database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import databases
from .databases import forget

SECONDS = 10


@pytest.fixture
def database(any_database: Database) -> Database:
    forget(any_database)
    return any_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(database: Database, clock: Clock) -> Leases:
    return Leases(database, SECONDS, clock)


def taken(leases: Leases, holder: str) -> Lease:
    lease = leases.take("relay/0", holder)
    assert lease is not None
    return lease


def test_what_another_holds_is_not_given(leases: Leases, clock: Clock) -> None:
    assert taken(leases, "a") == Lease("relay/0", "a", 1)
    clock.micros += SECONDS * 1_000_000
    assert leases.take("relay/0", "b") is None
    assert leases.take("relay/1", "b") == Lease("relay/1", "b", 1)


def test_what_has_run_out_is_given_with_a_new_epoch(leases: Leases, clock: Clock) -> None:
    taken(leases, "a")
    clock.micros += SECONDS * 1_000_000 + 1
    assert taken(leases, "b").epoch == 2
    assert leases.take("relay/0", "a") is None


def test_what_was_dropped_is_given_at_once(leases: Leases) -> None:
    leases.drop(taken(leases, "a"))
    assert taken(leases, "b").epoch == 2


def test_a_holder_that_comes_again_gets_a_new_epoch(leases: Leases) -> None:
    first = taken(leases, "a")
    assert taken(leases, "a").epoch == 2
    with pytest.raises(LeaseLost):
        leases.renew(first)


def test_renewed_it_lasts_longer(leases: Leases, clock: Clock) -> None:
    lease = taken(leases, "a")
    clock.micros += SECONDS * 1_000_000
    leases.renew(lease)
    clock.micros += SECONDS * 1_000_000
    assert leases.take("relay/0", "b") is None


def test_who_slept_through_its_end_is_told_when_another_has_it(leases: Leases, clock: Clock) -> None:
    lease = taken(leases, "a")
    clock.micros += SECONDS * 1_000_000 + 1
    other = taken(leases, "b")
    with pytest.raises(LeaseLost) as lost:
        leases.renew(lease)
    assert lost.value.name == "relay/0"
    leases.drop(lease)  # nothing happens
    leases.renew(other)
    assert leases.take("relay/0", "c") is None


def test_a_lease_that_ran_out_and_that_nobody_took_may_be_renewed(leases: Leases, clock: Clock) -> None:
    lease = taken(leases, "a")
    clock.micros += 5 * SECONDS * 1_000_000
    leases.renew(lease)
    assert leases.take("relay/0", "b") is None


def test_the_time_is_that_of_the_database_when_nothing_else_is_said(database: Database) -> None:
    leases = Leases(database)
    assert taken(leases, "a").epoch == 1
    assert leases.take("relay/0", "b") is None
    assert leases.holders("relay/") == {"relay/0": "a"}
    assert taken(Leases(database, -1), "a").epoch == 2  # over before it began
    assert taken(leases, "b").epoch == 3


def test_the_database_shows_the_time_of_day(database: Database) -> None:
    [(micros,)] = database.read(f"SELECT {database.clock}", {})
    assert abs(micros / 1_000_000 - time.time()) < 60


def test_holders_are_those_of_the_leases_that_are_held_now_and_begin_so(leases: Leases, clock: Clock) -> None:
    leases.take("share/a/0", "early")
    clock.micros += 6_000_000
    leases.take("share/a/1", "b")
    leases.take("share/b/0", "c")
    dropped = leases.take("share/a/2", "d")
    assert dropped
    leases.drop(dropped)
    assert leases.holders("share/a/") == {"share/a/0": "early", "share/a/1": "b"}
    clock.micros += 6_000_000
    assert leases.holders("share/a/") == {"share/a/1": "b"}
    assert leases.holders("share/%/") == {}


def test_without_its_file_there_is_no_lease(tmp_path: Path) -> None:
    with databases.sqlite(tmp_path) as file:
        leases = Leases(file, SECONDS)
    with pytest.raises(StoreUnavailable):
        leases.take("relay/0", "a")
    with pytest.raises(StoreUnavailable):
        leases.holders("relay/")


_moves = st.lists(
    st.tuples(st.sampled_from(["take", "renew", "drop", "sleep"]), st.sampled_from("abc"), st.integers(-4, 12)),
    max_size=25,
)


@given(moves=_moves)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_epoch_is_given_out_once_and_grows_whatever_the_holders_and_their_clock_do(
    database: Database, moves: list[tuple[str, str, int]]
) -> None:
    forget(database)
    clock = Clock()
    leases = Leases(database, SECONDS, clock)
    held: dict[str, Lease] = {}
    last, until = 0, 0  # the last epoch given out, and until when it counts
    for what, who, seconds in moves:
        lease = held.get(who)
        if what == "sleep":
            clock.micros += seconds * 1_000_000
        elif what == "take":
            free = until < clock.micros or (last and held.get(who) == Lease("relay/0", who, last))
            given_out = leases.take("relay/0", who)
            assert (given_out is not None) == bool(free)
            if given_out:
                assert given_out.epoch == last + 1
                held[who], last, until = given_out, given_out.epoch, clock.micros + SECONDS * 1_000_000
        elif lease and what == "renew":
            if lease.epoch == last:
                leases.renew(lease)
                until = clock.micros + SECONDS * 1_000_000
            else:
                with pytest.raises(LeaseLost):
                    leases.renew(lease)
        elif lease and what == "drop":
            leases.drop(lease)
            until = 0 if lease.epoch == last else until
