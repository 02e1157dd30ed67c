"""Connections to SQLite files: errors are told as StoreUnavailable, and nothing is left half done."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from eventlog.errors import StoreUnavailable
from eventlog.sqlite import SqliteFile, create_tables, insert_rows
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path / "some.db", "FULL")
    with file.write() as connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT)")
    yield file
    file.close()


def count(file: SqliteFile) -> int:
    [number] = file.reader().execute("SELECT count(*) FROM t").fetchone()
    assert isinstance(number, int)
    return number


def test_it_is_durable_and_lets_readers_read_beside_the_writer(file: SqliteFile) -> None:
    for connection in (file._writer, file.reader()):
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: a commit waits for the disk
    with file.write() as connection:
        connection.execute("INSERT INTO t VALUES (1, 'x')")
        assert count(file) == 0
    assert count(file) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_on_any_error_nothing_is_written(file: SqliteFile, error: type[BaseException]) -> None:
    with pytest.raises(error), file.write() as connection:  # noqa: PT012 - the error comes after the writing
        connection.execute("INSERT INTO t VALUES (1, 'x')")
        raise error
    assert count(file) == 0
    with file.write() as connection:
        connection.execute("INSERT INTO t VALUES (1, 'x')")


def test_an_error_of_sqlite_is_told_with_its_cause(file: SqliteFile) -> None:
    with pytest.raises(StoreUnavailable, match="no such table") as unavailable, file.write() as connection:  # noqa: PT012
        connection.execute("INSERT INTO t VALUES (1, 'x')")
        connection.execute("INSERT INTO nowhere VALUES (1)")
    assert isinstance(unavailable.value.__cause__, sqlite3.OperationalError)
    assert count(file) == 0


def test_a_file_that_another_keeps_locked_is_unavailable(file: SqliteFile) -> None:
    other = SqliteFile(file.path, "FULL")
    other._writer.execute("PRAGMA busy_timeout=1")
    with file.write(), pytest.raises(StoreUnavailable, match="locked"), other.write():
        pytest.fail("two write at once")
    other.close()


def test_threads_write_one_after_the_other(file: SqliteFile) -> None:
    def write(number: int) -> None:
        with file.write() as connection:
            connection.execute("INSERT INTO t VALUES (?, 'x')", (number,))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    assert count(file) == 40


def test_each_thread_reads_by_a_connection_of_its_own_and_keeps_it(file: SqliteFile) -> None:
    here = file.reader()
    assert file.reader() is here
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(file.reader).result()
        assert there is not here
        assert pool.submit(file.reader).result() is there


def test_closed_it_neither_reads_nor_writes_and_can_be_closed_again(file: SqliteFile) -> None:
    file.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        file.reader()
    with pytest.raises(StoreUnavailable, match="closed"), file.write():
        pytest.fail("it wrote")
    file.close()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        SqliteFile(tmp_path / "nowhere" / "some.db", "FULL")


def test_a_file_that_is_no_database_is_unavailable_and_is_let_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Kinh gui: " * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SqliteFile(path, "FULL")
    assert path.read_bytes() == b"Kinh gui: " * 1000


def test_a_reader_in_a_thread_sees_commits_of_another_at_once(file: SqliteFile) -> None:
    seen: list[int] = []
    turn = threading.Barrier(2)

    def read() -> None:
        for _ in range(3):
            turn.wait(20)
            seen.append(count(file))
            turn.wait(20)

    reading = threading.Thread(target=read)
    reading.start()
    for number in range(3):
        with file.write() as connection:
            connection.execute("INSERT INTO t VALUES (?, 'x')", (number,))
        turn.wait(20)
        turn.wait(20)
    reading.join(20)
    assert seen == [1, 2, 3]


def test_tables_are_made_with_their_indexes_and_made_once(file: SqliteFile) -> None:
    metadata = sa.MetaData()
    sa.Table("u", metadata, sa.Column("n", sa.Integer, primary_key=True), sa.Column("s", sa.Text, index=True))
    for _ in range(2):
        with file.write() as connection:
            create_tables(connection, metadata)
    names = file.reader().execute("SELECT name FROM sqlite_master WHERE tbl_name = 'u' ORDER BY name").fetchall()
    assert names == [("ix_u_s",), ("u",)]


@given(st.lists(st.text(max_size=3), max_size=200))
@settings(deadline=None)
def test_rows_go_in_in_order_however_many(texts: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT)")
    rows: list[tuple[object, ...]] = list(enumerate(texts))
    insert_rows(connection, "INSERT INTO t VALUES ", rows)
    assert connection.execute("SELECT n, s FROM t ORDER BY n").fetchall() == rows
    connection.close()


def test_what_cannot_be_read_says_so(file: SqliteFile) -> None:
    with pytest.raises(StoreUnavailable, match="no such table"):
        file.read("SELECT * FROM nowhere", {})
