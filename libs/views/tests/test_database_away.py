"""A database that is killed and started again: callers are told, and the replicas go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from eventlog.errors import StoreUnavailable
from eventlog.marks import Marks
from postgresql_local import Postgresql, missing
from views.specification import MemoryLog
from views.view import View

from .replicas import Replicas, until, wait_for


@pytest.fixture
def server() -> Iterator[Postgresql]:
    if lacking := missing():
        pytest.skip(lacking)
    with Postgresql() as server:
        yield server


@pytest.fixture
def replicas(server: Postgresql, log: MemoryLog, tmp_path: Path) -> Iterator[Replicas]:
    made = Replicas(server.database("views"), log, tmp_path)
    yield made
    made.close()


def test_followers_waiters_and_readers_come_back_when_the_database_does(
    server: Postgresql, replicas: Replicas, words: View, say: Any, contents: Any
) -> None:
    one, two = replicas.start("a", words), replicas.start("b", words)
    for views in (one, two):
        wait_for(views, say("s1", "a"))
        assert contents(views)
    server.kill()
    away = [say(f"s{index}", "a") for index in range(30)]
    for views in (one, two):
        with pytest.raises(Refusal) as refused:
            contents(views)
        assert (refused.value.kind, refused.value.reason) == (Kind.UNAVAILABLE, "VIEWS_AWAY")
    until(lambda: one.waits and two.waits)
    [waiting] = one.followers()
    assert (waiting.log, waiting.state) == ("text", "waiting")
    assert waiting.reason
    server.start()
    for views in (one, two):
        wait_for(views, *away)
        assert contents(views)[("a",)]["seen"] == 32
        assert views.failed == {}
    until(lambda: not one.waits and not two.waits)
    assert [(each.state, each.reason, each.behind) for each in one.followers()] == [("following", "", 0)]


def test_a_build_under_way_goes_on_when_the_database_is_back(
    server: Postgresql, replicas: Replicas, words: View, say: Any, contents: Any
) -> None:
    say("s1", "a")
    views = replicas.open("a", words)
    server.kill()
    views.start()
    until(lambda: views.waits)
    server.start()
    until(lambda: not views._settling.missing)
    assert views.ready()
    assert contents(views)[("a",)]["seen"] == 1


def test_marks_say_that_the_database_is_away_and_go_on_afterwards(server: Postgresql) -> None:
    marks = Marks(server.url, "f", "log", 2)
    marks.move(1, 0, 5)
    server.kill()
    with pytest.raises(StoreUnavailable):
        marks.positions()
    with pytest.raises(StoreUnavailable):
        marks.move(1, 5, 6)
    server.start()
    assert marks.positions()[0] == 0
    marks.close()
