"""Loading and writing many rows of one table with few statements.

The SQL is generated once a table and runs on the driver with plain tuples: SQLAlchemy's own handling of a row would
cost more than all the rest of folding it. `VALUES`, `ON CONFLICT` and `IN` are written alike for SQLite and PostgreSQL.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from views.database import is_away
from views.errors import RowsRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect

    from views.view import Key, View

_MOST_VALUES = 512  # parameters of one SELECT: above this SQLite gains nothing, and the limit is 32,766


class Rows:
    """The rows of one view in one table."""

    def __init__(self, view: View, table: sa.Table, dialect: Dialect) -> None:
        self._view = view
        self._keys = len(view.key_names)
        self._names = list(view.blank)
        quote = dialect.identifier_preparer.quote
        self._mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._table = quote(table.name)
        self._columns = [quote(name) for name in self._names]
        kinds = [table.c[name].type.dialect_impl(dialect) for name in self._names]
        self._to_database = [(at, f) for at, kind in enumerate(kinds) if (f := kind.bind_processor(dialect))]
        self._to_program = [(at, f) for at, kind in enumerate(kinds) if (f := kind.result_processor(dialect, None))]
        self._upsert, self._delete = self._write_sql()
        self._chunk = 1 << (_MOST_VALUES // self._keys).bit_length() - 1
        self._selects: dict[int, str] = {}

    def load(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        """Return the rows that exist, by key."""
        found: dict[Key, dict[str, Any]] = {}
        names, width, convert = self._names, self._keys, self._to_program
        for size, values in self._chunks(keys):
            rows = connection.exec_driver_sql(self._select(size), values).cursor.fetchall()
            for row in rows:
                if convert:
                    row = _converted(row, convert)  # noqa: PLW2901
                found[row[:width]] = dict(zip(names, row, strict=True))
        return found

    def write(self, connection: Connection, changed: Mapping[Key, Mapping[str, Any] | None]) -> None:
        """Insert, replace and (None) delete rows; RowsRefused where the database will not have them."""
        try:
            gone = [key for key, row in changed.items() if row is None]
            rows = [tuple(row.values()) for row in changed.values() if row is not None]
            if self._to_database:
                rows = [_converted(row, self._to_database) for row in rows]
            if rows:
                connection.exec_driver_sql(self._upsert, rows)
            if gone:
                connection.exec_driver_sql(self._delete, gone)
        except sa.exc.DBAPIError as error:
            if is_away(error):
                raise
            raise RowsRefused(self._view.name) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:  # of a column's type
            raise RowsRefused(self._view.name) from error

    def _chunks(self, keys: Sequence[Key]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Cut keys in powers of two, the last one filled up by repeating: few statements to prepare."""
        rest = iter(keys)
        while chunk := list(islice(rest, self._chunk)):
            size = 1 << (len(chunk) - 1).bit_length()
            chunk += chunk[-1:] * (size - len(chunk))
            yield size, tuple([value for key in chunk for value in key])

    def _select(self, size: int) -> str:
        if size not in self._selects:
            self._selects[size] = self._select_sql(size)
        return self._selects[size]

    def _select_sql(self, size: int) -> str:
        """Write the look-up of `size` keys; a join walks the list of keys, whatever the planner makes of row values."""
        columns = ", ".join(f"t.{column}" for column in self._columns)
        keys = self._columns[: self._keys]
        if self._keys == 1:
            marks = ", ".join([self._mark] * size)
            return f"SELECT {columns} FROM {self._table} t WHERE t.{keys[0]} IN ({marks})"  # noqa: S608 - names only
        marks = ", ".join([f"({', '.join([self._mark] * self._keys)})"] * size)
        on = " AND ".join(f"t.{column} = w.{column}" for column in keys)
        return (
            f"WITH w({', '.join(keys)}) AS (VALUES {marks}) "  # noqa: S608 - names only
            f"SELECT {columns} FROM w CROSS JOIN {self._table} t WHERE {on}"
        )

    def _write_sql(self) -> tuple[str, str]:
        keys, others = self._columns[: self._keys], self._columns[self._keys :]
        marks = ", ".join([self._mark] * len(self._columns))
        update = ", ".join(f"{column} = excluded.{column}" for column in others)
        conflict = f"DO UPDATE SET {update}" if others else "DO NOTHING"
        upsert = (
            f"INSERT INTO {self._table} ({', '.join(self._columns)}) VALUES ({marks}) "  # noqa: S608 - names only
            f"ON CONFLICT ({', '.join(keys)}) {conflict}"
        )
        where = " AND ".join(f"{column} = {self._mark}" for column in keys)
        return upsert, f"DELETE FROM {self._table} WHERE {where}"  # noqa: S608 - names only


def _converted(row: tuple[Any, ...], how: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in how:
        values[at] = convert(values[at])
    return tuple(values)
