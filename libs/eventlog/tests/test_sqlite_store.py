"""What the SQLite store does beyond the suite of all stores: a full disk, a broken table, a closed file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eventlog import schema
from eventlog.conformance.audit import audit
from eventlog.conformance.material import append, made, request, texts
from eventlog.errors import LogError, StoreMismatch, StoreUnavailable, UsageError
from eventlog.sqlite_store import SqliteStore
from eventlog.store import Append, Appended, Request
from eventlog.writer import Writer
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "log.db", "log", 2)
    yield store
    store.close()


def limit_pages(store: SqliteStore, pages: int) -> None:
    store.file._writer.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_stores_nothing_by_halves_and_with_room_again_it_goes_on(store: SqliteStore) -> None:
    writer = Writer(store)
    big = [append(f"s-{n}", 0, "x" * 20_000, "y" * 20_000, request=request(str(n))) for n in range(100)]

    async def append_all(batch: list[Append]) -> list[Appended | BaseException]:
        return await asyncio.gather(*(writer.append(each) for each in batch), return_exceptions=True)

    limit_pages(store, 300)
    first = asyncio.run(append_all(big))
    stored = [answer for answer in first if isinstance(answer, Appended)]
    refused = [answer for answer in first if not isinstance(answer, Appended)]
    assert refused
    assert {type(answer) for answer in refused} == {StoreUnavailable}
    assert len(audit(store)) == 2 * len(stored)
    limit_pages(store, 1_000_000)
    second = asyncio.run(append_all(big))  # everyone asks again, with the same requests
    assert all(isinstance(answer, Appended) for answer in second)
    assert sum(isinstance(answer, Appended) and answer.repeated for answer in second) == len(stored)
    assert len(audit(store)) == 200
    writer.close()


def test_a_failure_between_the_records_and_the_head_stores_nothing(store: SqliteStore) -> None:
    store.append([append("a", 0, "1")])
    with store.file.write() as connection:
        for way in ("UPDATE", "INSERT"):
            connection.execute(f"CREATE TRIGGER t_{way} BEFORE {way} ON log_heads BEGIN SELECT RAISE(ABORT, ''); END")
    writer = Writer(store)
    with pytest.raises(StoreUnavailable):
        asyncio.run(writer.append(append("a", 1, "2", request=request("r"))))
    assert texts(audit(store)) == ["1"]
    assert list(store.read_request(request("r"))) == []
    with store.file.write() as connection:
        for way in ("UPDATE", "INSERT"):
            connection.execute(f"DROP TRIGGER t_{way}")
    asyncio.run(writer.append(append("a", 1, "2", request=request("r"))))
    writer.close()
    assert texts(audit(store)) == ["1", "2"]


def test_the_database_itself_refuses_a_second_record_of_a_version(store: SqliteStore) -> None:
    [record] = made(store.append([append("a", 0, "1")])[0])
    with pytest.raises(Exception, match="UNIQUE"), store.file.write() as connection:
        connection.execute(
            "INSERT INTO log_records SELECT place + 1, stream, version, type_name, data FROM log_records"
        )
    assert list(store.read_stream("a")) == [record]


def test_when_it_cannot_be_read_it_says_so(store: SqliteStore) -> None:
    store.append([append("a", 0, "1", request=request("r"))])
    with store.file.write() as connection:
        connection.execute("DROP TABLE log_records")
    reads: list[Callable[[], object]] = [
        lambda: store.read(0, 0, 1),
        lambda: store.read_stream("a"),
        lambda: store.read_request(request("r")),
    ]
    for read in reads:
        with pytest.raises(StoreUnavailable, match="no such table"):
            read()


def test_closed_it_says_so(store: SqliteStore) -> None:
    store.close()
    uses: list[Callable[[], object]] = [
        lambda: store.append([append("a", 0, "1")]),
        lambda: store.read(0, 0, 1),
        lambda: store.read_request(request("r")),
        store.heads,
    ]
    for use in uses:
        with pytest.raises(StoreUnavailable, match="closed"):
            use()


def test_a_store_of_another_schema_is_not_opened_and_its_file_is_let_go(tmp_path: Path, store: SqliteStore) -> None:
    with store.file.write() as connection:
        connection.execute("UPDATE log_about SET schema_version = 99")
    with pytest.raises(StoreMismatch) as mismatch:
        SqliteStore(tmp_path / "log.db", "log", 2)
    assert (mismatch.value.field, mismatch.value.stored, mismatch.value.wanted) == (
        "schema version",
        99,
        schema.VERSION,
    )
    assert str(tmp_path / "log.db") in str(mismatch.value)


def test_its_clock_is_that_of_the_day(store: SqliteStore) -> None:
    [record] = made(store.append([append("a", 0, "1")])[0])
    assert record.record.recorded_at.ToDatetime().year >= 2025


@given(st.integers(0, 2**14), st.integers(0, 2**48 - 1))
def test_a_place_is_a_partition_and_a_position(partition: int, position: int) -> None:
    assert schema.split(schema.place(partition, position)) == (partition, position)


@given(st.uuids())
def test_a_request_id_is_kept_in_one_spelling(id_: object) -> None:
    wanted = Request(str(id_), b"f")
    for spelling in (str(id_).upper(), str(id_).replace("-", ""), f"{{{id_}}}", f"urn:uuid:{id_}"):
        assert Request(spelling, b"f") == wanted
    assert wanted.id == str(id_)


@pytest.mark.parametrize("id_", ["", "r", "0" * 31, "0" * 33, "g" * 32])
def test_what_is_no_uuid_is_no_request_id(id_: str) -> None:
    with pytest.raises(UsageError):
        Request(id_, hashlib.sha256().digest())


def test_every_error_of_a_log_is_a_log_error() -> None:
    assert issubclass(StoreUnavailable, LogError)
    assert issubclass(UsageError, LogError)
