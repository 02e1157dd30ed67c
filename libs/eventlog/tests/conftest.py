"""Fixtures of the tests of relay and leases: each runs on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventlog.transactions import Database

from . import databases
from .relay_world import World


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        with databases.sqlite(tmp_path_factory.mktemp("relay")) as file:
            yield file
        return
    with databases.postgresql(request.getfixturevalue("postgresql_url"), "leases") as database:
        yield database


@pytest.fixture
def world(any_database: Database) -> World:
    return World(any_database)
