"""A test that asks for an engine gets a real one, or is skipped with the reason; the run says which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from engines.postgresql import VARIABLE, NoServer, postgresql
from postgresql_local import missing

_TESTS = """
import sqlalchemy as sa

def execute(url, statement):
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        return connection.exec_driver_sql(statement)

def test_one(fresh_database):
    execute(fresh_database, "CREATE TABLE mine (a integer)")

def test_another(fresh_database, postgresql_url):
    execute(fresh_database, "CREATE TABLE mine (a integer)")
    execute(postgresql_url, "CREATE TABLE mine (a integer)")
"""


def run(folder: Path, tests: str, **environment: str) -> str:
    """Run tests in a pytest of their own, warnings as errors; return what it said."""
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-W", "error", "-p", "no:cacheprovider", "test_it.py"]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": "/bin:/usr/bin"} | environment
    )
    return ended.stdout + ended.stderr


def test_each_test_gets_an_empty_database_and_the_run_says_of_which_server(tmp_path: Path) -> None:
    if missing():
        pytest.skip(missing())
    said = run(tmp_path, _TESTS)
    assert "2 passed" in said, said
    assert "engine postgresql: PostgreSQL 18" in said


def test_where_there_is_no_server_the_test_is_skipped_with_the_reason(tmp_path: Path) -> None:
    said = run(tmp_path, _TESTS, **{VARIABLE: "postgresql://nobody@127.0.0.1:1/nothing"})
    assert "2 skipped" in said, said
    assert "engine postgresql: skipped: PostgreSQL at 127.0.0.1:1 does not answer" in said


def test_a_run_that_asks_for_none_starts_none_and_says_nothing(tmp_path: Path) -> None:
    said = run(tmp_path, "def test_it(): pass")
    assert "1 passed" in said, said
    assert "engine" not in said


def test_a_server_that_is_given_is_used(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, sa.make_url(fresh_database).set(drivername="postgresql").render_as_string(False))
    with postgresql() as server:
        assert server.url == fresh_database
        assert VARIABLE in server.described
    monkeypatch.setenv(VARIABLE, "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(NoServer, match="does not answer"), postgresql():
        pass
