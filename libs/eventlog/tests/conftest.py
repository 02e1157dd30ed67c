"""Fixtures of the relay's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventlog import schema
from eventlog.sqlite import SqliteFile, create_tables

from .relay_world import World


@pytest.fixture(scope="module")
def relay_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path_factory.mktemp("relay") / "log.db", "OFF")
    with file.write() as connection:
        create_tables(connection, schema.metadata)
    yield file
    file.close()


@pytest.fixture
def world(relay_file: SqliteFile) -> World:
    return World(relay_file)
