"""The stored positions of a process: they survive it, and move only from where it last saw them."""

from pathlib import Path

import pytest
from eventlog.errors import PositionMoved, StoreUnavailable
from eventlog.marks import Marks
from eventlog.positions import metadata


def test_positions_outlive_the_process_and_move_from_where_they_are(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'marks.db'}"
    marks = Marks(url, "f", "log", 2)
    assert marks.positions() == {0: 0, 1: 0}
    marks.move(1, 0, 5)
    with pytest.raises(PositionMoved):
        marks.move(1, 0, 9)
    marks.close()
    again = Marks(url, "f", "log", 3)
    assert again.positions() == {0: 0, 1: 5, 2: 0}
    again.close()


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    marks = Marks(f"sqlite:///{tmp_path / 'marks.db'}", "f", "log", 1)
    metadata.drop_all(marks._engine)
    with pytest.raises(StoreUnavailable, match="no such table"):
        marks.positions()
    with pytest.raises(StoreUnavailable, match="no such table"):
        marks.move(0, 0, 1)
    marks.close()
