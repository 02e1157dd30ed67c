"""What is written into rows comes back, in small numbers and in large, whatever the columns hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from views.database import Database
from views.errors import RowsRefused
from views.instant import Instant
from views.postgresql_rows import PostgresqlRows
from views.rows import Rows
from views.view import View

KINDS = View(
    name="kinds",
    version=1,
    log="text",
    columns=[
        sa.Column("note", sa.String(300)),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.String(3000), primary_key=True),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("at", Instant),
        sa.Column("yes", sa.Boolean, default=False),
        sa.Column("amount", sa.Float),
        sa.Column("order", sa.JSON),
    ],
    types=frozenset(),
    keys=lambda _: [],
    fold=lambda _key, row, _record: row,
)
KEYS = View(
    name="only_keys",
    version=1,
    log="text",
    columns=[sa.Column("raw", sa.LargeBinary, primary_key=True)],
    types=frozenset(),
    keys=lambda _: [],
    fold=lambda _key, row, _record: row,
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def rows_of(database: Database, view: View) -> Rows | PostgresqlRows:
    table = view.table(view.name)
    with database.write() as connection:
        table.create(connection)
    kind = Rows if database.is_sqlite else PostgresqlRows
    return kind(view, table, database.dialect)


def a_row(number: int, note: str) -> tuple[Any, dict[str, Any]]:
    key = (number * 10**12, f"tên \t\\n {number}")
    row = {
        "note": note,
        "raw": bytes(range(256)) if number % 2 else None,
        "at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number),
        "yes": number % 3 == 0,
        "amount": number / 7,
        "order": {"lines": [number, "\\N", None]},
    }
    return key, KINDS.complete(key, row)


@pytest.mark.parametrize("count", [1, 31, 32, 1300])
def test_rows_are_inserted_replaced_and_deleted(database: Database, count: int) -> None:
    rows = rows_of(database, KINDS)
    first = dict(a_row(number, "\\N") for number in range(count))
    later = dict(a_row(number, "new\nline") for number in range(0, count, 2))
    gone = [key for key in first if key not in later]
    for written in (first, {**later, **dict.fromkeys(gone)}):
        with database.write() as connection:
            assert rows.load(connection, []) == {}
            rows.write(connection, written)
            rows.write(connection, {})
            assert rows.load(connection, [*first, (-1, "none")]) == {k: row for k, row in written.items() if row}
    with database.read() as connection:
        assert rows.load(connection, list(first)) == later


@pytest.mark.parametrize("count", [2, 100])
def test_a_table_of_keys_alone_can_be_written_twice(database: Database, count: int) -> None:
    rows = rows_of(database, KEYS)
    wanted = {(number.to_bytes(4, "big"),): {"raw": number.to_bytes(4, "big")} for number in range(count)}
    for _ in range(2):
        with database.write() as connection:
            rows.write(connection, wanted)
            assert rows.load(connection, list(wanted)) == wanted


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("wrong", [{"raw": {}}, {"at": "today"}, {"amount": object()}, {"order": {"no": {1}}}])
def test_what_a_column_cannot_hold_is_refused_and_the_connection_can_be_used_again(
    database: Database, count: int, wrong: dict[str, Any]
) -> None:
    rows = rows_of(database, KINDS)
    good = dict(a_row(number, "") for number in range(count))
    key, row = a_row(count, "")
    with pytest.raises(RowsRefused), database.write() as connection:
        rows.write(connection, {**good, key: {**row, **wrong}})
    with database.write() as connection:
        assert rows.load(connection, [*good, key]) == {}
        rows.write(connection, good)


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize(
    ("name", "note"), [("n", "\0"), ("n", "too long" * 50), ("".join(map(chr, range(300, 3200))), "beyond an index")]
)
def test_what_postgresql_cannot_hold_is_refused_too(fresh_database: str, count: int, name: str, note: str) -> None:
    database = Database(fresh_database)
    rows = rows_of(database, KINDS)
    good = dict(a_row(number, "") for number in range(count))
    with pytest.raises(RowsRefused), database.write() as connection:
        rows.write(connection, {**good, (0, name): KINDS.complete((0, name), {"note": note})})
    database.close()
