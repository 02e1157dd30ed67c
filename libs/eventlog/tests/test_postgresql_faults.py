"""Whatever happens to the server or the connection, what the store answers is true, and it goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import psycopg
import pytest
from eventlog.conformance.audit import audit
from eventlog.conformance.material import START, append, at_start, made, request, texts
from eventlog.errors import StoreUnavailable
from eventlog.plan import Plan
from eventlog.postgresql import PostgresqlStore, connecting, migrate
from eventlog.postgresql import lane as lane_module
from eventlog.postgresql import store as store_module
from eventlog.postgresql.lane import Lane
from eventlog.postgresql.wire import Step, Wire
from eventlog.store import Appended
from postgresql_local import Postgresql

from .doubles import PATIENCE
from .postgresql_world import cut_all, execute, with_options

Open = Callable[..., PostgresqlStore]


@pytest.fixture
def opened(fresh_database: str) -> Iterator[Open]:
    """Open stores of one log; all are closed after the test."""
    migrate(fresh_database, "faults", 4)
    stores: list[PostgresqlStore] = []

    def opens(now: Callable[[], int] = at_start, options: str = "") -> PostgresqlStore:
        url = with_options(fresh_database, options) if options else fresh_database
        stores.append(PostgresqlStore(url, "faults", 4, now))
        return stores[-1]

    yield opens
    for each in stores:
        each.close()


def test_a_connection_cut_before_the_commit_stores_nothing(opened: Open, fresh_database: str) -> None:
    cuts = [True]

    def cut() -> int:
        """Plan, while the connection is cut."""
        if cuts:
            cuts.clear()
            assert cut_all(fresh_database) > 0
        return START

    store = opened(cut)
    asked = append("a", 0, "1", request=request("r"))
    with pytest.raises(StoreUnavailable):
        store.append([asked])
    assert texts(audit(store)) == []
    made(store.append([asked])[0])
    assert texts(audit(store)) == ["1"]


def test_a_connection_cut_after_the_commit_is_answered_in_full_when_it_is_repeated(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Wire.run

    def cut_after_the_commit(wire: Wire, steps: Sequence[Step]) -> list[Any]:
        results = run(wire, steps)
        if ("commit", ()) in steps:
            monkeypatch.undo()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return results

    store = opened()
    asked = append("a", 0, "1", "2", request=request("r"))
    monkeypatch.setattr(Wire, "run", cut_after_the_commit)
    with pytest.raises(StoreUnavailable):
        store.append([asked])
    [answer] = store.append([asked])
    assert isinstance(answer, Appended)
    assert (answer.repeated, texts(answer.records)) == (True, ["1", "2"])
    assert texts(audit(store)) == ["1", "2"]


def test_connections_cut_while_they_are_idle_are_not_noticed_by_who_appends(opened: Open, fresh_database: str) -> None:
    store = opened()
    for version in range(3):
        made(store.append([append("a", version, "x")])[0])
        cut_all(fresh_database)
    assert store._lanes.count(None) == store.lanes - 1


def test_nor_by_who_reads(opened: Open, fresh_database: str) -> None:
    store = opened()
    store.append([append("a", 0, "1")])
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: store.heads(), range(60)))
    cut_all(fresh_database)
    assert sum(store.heads()) == 1
    assert texts(store.read_stream("a")) == ["1"]


def test_a_server_that_may_not_write_refuses_and_answers_readers(opened: Open, fresh_database: str) -> None:
    store = opened()
    store.append([append("a", 0, "1")])
    name = "current_database()"
    read_only = (
        f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', {name}); END $$"
    )
    execute(fresh_database, read_only)
    cut_all(fresh_database)
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.append([append("a", 1, "2")])
    assert texts(store.read_stream("a")) == ["1"]
    execute(fresh_database, "SET default_transaction_read_only = off", read_only.replace("= on", "= off"))
    cut_all(fresh_database)
    made(store.append([append("a", 1, "2")])[0])


def test_who_falls_asleep_between_plan_and_commit_loses_his_turn(opened: Open) -> None:
    asleep, awake = threading.Event(), threading.Event()

    def sleep() -> int:
        asleep.set()
        assert awake.wait(PATIENCE)
        return START

    sleeper = opened(sleep, "-c idle_in_transaction_session_timeout=200")
    other = opened()
    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(sleeper.append, [append("a", 0, "sleeper")])
        assert asleep.wait(PATIENCE)
        made(other.append([append("a", 0, "other")])[0])
        awake.set()
        with pytest.raises(StoreUnavailable):
            sleeping.result(PATIENCE)
    assert texts(audit(other)) == ["other"]


def test_one_request_for_streams_in_two_partitions_is_made_once(opened: Open) -> None:
    stores = [opened(), opened()]
    ready = threading.Barrier(2)

    def ask(who: int) -> list[bool]:
        repeated = []
        for n in range(30):
            ready.wait(PATIENCE)
            [answer] = stores[who].append([append(f"{who}/{n}", 0, "x", request=request(f"{n}"))])
            assert isinstance(answer, Appended)
            repeated.append(answer.repeated)
        return repeated

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert len(audit(stores[0])) == 30


def test_a_batch_whose_requests_are_always_answered_elsewhere_is_given_up(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered_elsewhere(_lane: Lane, _plan: Plan) -> NoReturn:
        raise psycopg.errors.UniqueViolation

    store = opened()
    monkeypatch.setattr(Lane, "commit", answered_elsewhere)
    with pytest.raises(StoreUnavailable, match="answered elsewhere"):
        store.append([append("a", 0, "1")])
    monkeypatch.undo()
    made(store.append([append("a", 0, "1")])[0])


def test_a_commit_that_cannot_be_told_is_made_all_the_same(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened()
    monkeypatch.setattr(lane_module, "_news", lambda _: b"x" * 9_000)  # more than PostgreSQL tells
    made(store.append([append("a", 0, "1")])[0])
    made(store.append([append("a", 1, "2")])[0])
    assert "the commit was not told" in caplog.text
    assert texts(audit(store)) == ["1", "2"]


def test_a_closed_store_takes_and_gives_nothing(opened: Open) -> None:
    store = opened()
    store.append([append("a", 0, "1")])
    store.close()
    with pytest.raises(StoreUnavailable):
        store.append([append("a", 1, "2")])
    with pytest.raises(StoreUnavailable):
        store.heads()


def test_a_server_that_is_killed_or_stands_still_is_waited_for_no_longer_than_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connecting, "PATIENCE", 0.3)
    monkeypatch.setattr(store_module, "PATIENCE", 0.3)
    with Postgresql() as server:
        migrate(server.url, "faults", 2)
        store = PostgresqlStore(server.url, "faults", 2, at_start)
        made(store.append([append("a", 0, "1")])[0])
        server.pause()
        with pytest.raises(StoreUnavailable, match="has not answered"):
            store.append([append("a", 1, "2", request=request("r"))])
        with pytest.raises(StoreUnavailable):
            store.heads()
        server.resume()
        store.append([append("a", 1, "2", request=request("r"))])
        assert texts(audit(store)) == ["1", "2"]
        server.kill()
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                store.append([append("a", 2, "3")])
            with pytest.raises(StoreUnavailable):
                store.read_stream("a")
        server.start()
        made(store.append([append("a", 2, "3")])[0])
        assert texts(audit(store)) == ["1", "2", "3"]
        store.close()
