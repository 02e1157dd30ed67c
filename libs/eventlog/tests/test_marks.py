"""The stored positions of a process: they survive it, and move only from where it last saw them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from eventlog.errors import PositionMoved, StoreUnavailable
from eventlog.marks import Marks
from eventlog.positions import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'marks.db'}"
    return str(request.getfixturevalue("fresh_database"))


def test_positions_outlive_the_process_and_move_from_where_they_are(url: str) -> None:
    marks = Marks(url, "f", "log", 2)
    assert marks.positions() == {0: 0, 1: 0}
    marks.move(1, 0, 5)
    with pytest.raises(PositionMoved):
        marks.move(1, 0, 9)
    marks.close()
    again = Marks(url, "f", "log", 3)
    assert again.positions() == {0: 0, 1: 5, 2: 0}
    again.close()


def test_processes_may_begin_at_once_and_each_move_is_made_by_one(fresh_database: str) -> None:
    together = threading.Barrier(4)

    def begin(_: int) -> Marks:
        together.wait(20)
        return Marks(fresh_database, "f", "log", 3)

    def move(marks: Marks) -> int:
        together.wait(20)
        try:
            marks.move(1, 0, 5)
        except PositionMoved:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(begin, range(4)))
        assert sum(pool.map(move, several)) == 1
    for marks in several:
        assert marks.positions() == {0: 0, 1: 5, 2: 0}
        marks.close()


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    marks = Marks(f"sqlite:///{tmp_path / 'marks.db'}", "f", "log", 1)
    metadata.drop_all(marks._engine)
    with pytest.raises(StoreUnavailable, match="no such table"):
        marks.positions()
    with pytest.raises(StoreUnavailable, match="no such table"):
        marks.move(0, 0, 1)
    marks.close()
