"""A follower's position moves only from where it last saw it, with its effect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from eventlog import positions
from eventlog.errors import PositionMoved
from sqlalchemy.pool import NullPool

from .doubles import database


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        yield database()
        return
    engine = sa.create_engine(request.getfixturevalue("fresh_database"), poolclass=NullPool)
    with engine.begin() as connection:
        positions.create(connection)
        positions.create(connection)
    yield engine


def test_a_new_follower_begins_at_0_and_one_that_began_stays_where_it_is(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        positions.ensure(connection, "f", "log", 2)
        positions.move(connection, "f", "log", 1, 0, 5)
        positions.ensure(connection, "f", "log", 3)
        positions.ensure(connection, "f", "log", 3)
        assert positions.read(connection, "f", "log") == {0: 0, 1: 5, 2: 0}


@pytest.mark.parametrize("old", [0, 4, 6, -1])
def test_from_any_other_position_it_does_not_move(engine: sa.Engine, old: int) -> None:
    with engine.begin() as connection:
        positions.ensure(connection, "f", "log", 1)
        positions.move(connection, "f", "log", 0, 0, 5)
        with pytest.raises(PositionMoved) as moved:
            positions.move(connection, "f", "log", 0, old, 9)
        assert (moved.value.name, moved.value.log, moved.value.partition) == ("f", "log", 0)
        assert positions.read(connection, "f", "log") == {0: 5}


def test_a_follower_that_has_not_begun_cannot_move(engine: sa.Engine) -> None:
    with engine.begin() as connection, pytest.raises(PositionMoved):
        positions.move(connection, "f", "log", 0, 0, 1)


def test_names_logs_and_partitions_do_not_mix_and_one_can_be_forgotten(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for follower, log in (("f", "log"), ("f", "other"), ("g", "log")):
            positions.ensure(connection, follower, log, 2)
        positions.move(connection, "f", "log", 0, 0, 3)
        assert positions.read(connection, "f", "other") == positions.read(connection, "g", "log") == {0: 0, 1: 0}
        positions.forget(connection, "f", "log")
        assert positions.read(connection, "f", "log") == {}
        assert positions.read(connection, "f", "other") == {0: 0, 1: 0}


def test_positions_that_are_held_are_moved_by_others_only_afterwards(fresh_database: str) -> None:
    engine = sa.create_engine(fresh_database, poolclass=NullPool)
    with engine.begin() as connection:
        positions.create(connection)
        positions.ensure(connection, "f", "log", 2)
    with engine.begin() as holder, engine.begin() as other:
        assert positions.hold(holder, "f", "log") == {0: 0, 1: 0}
        other.exec_driver_sql("SET LOCAL lock_timeout = 50")
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            positions.move(other, "f", "log", 1, 0, 5)
        other.rollback()
        positions.move(holder, "f", "log", 1, 0, 7)
