"""Loading and writing many rows of one table on PostgreSQL; the same interface as `views.rows.Rows`.

Keys go as one array a column and are joined, whatever their number, so there is one statement to plan. Rows that are
few are written by a statement each, in one pipeline; many are copied into a temporary table and taken over from there
by one statement: from about 32 rows on that is as fast, and with thousands it halves the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from views.database import is_away
from views.errors import RowsRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect

    from views.view import Key, View

_MANY = 32


class PostgresqlRows:
    """The rows of one view in one table."""

    def __init__(self, view: View, table: sa.Table, dialect: Dialect) -> None:
        self._view = view
        self._names = list(view.blank)
        self._width = len(view.key_names)
        self._dialect = dialect
        self._kinds = [table.c[name].type.dialect_impl(dialect) for name in self._names]
        self._to_database = [kind.bind_processor(dialect) for kind in self._kinds]
        self._to_program: list[Any] | None = None  # known when the driver has told its types
        self._quote = dialect.identifier_preparer.quote
        self._write_sql(table.name)

    def load(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        """Return the rows that exist, by key."""
        if not keys:
            return {}
        columns = tuple(list(column) for column in zip(*keys, strict=True))
        cursor = connection.exec_driver_sql(self._select, columns).cursor
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        if self._to_program is None:
            told = [column[1] for column in cursor.description]
            self._to_program = [
                kind.result_processor(self._dialect, code) for kind, code in zip(self._kinds, told, strict=True)
            ]
        if any(self._to_program):
            rows = [_converted(row, self._to_program) for row in rows]
        names, width = self._names, self._width
        return {row[:width]: dict(zip(names, row, strict=True)) for row in rows}

    def write(self, connection: Connection, changed: Mapping[Key, Mapping[str, Any] | None]) -> None:
        """Insert, replace and (None) delete rows; RowsRefused where the database will not have them."""
        try:
            gone = [key for key, row in changed.items() if row is None]
            rows = [tuple(row.values()) for row in changed.values() if row is not None]
            if any(self._to_database):
                rows = [_converted(row, self._to_database) for row in rows]
            if len(rows) >= _MANY:
                connection.exec_driver_sql(self._stage)
                self._copy_in(connection, rows)
                connection.exec_driver_sql(self._take_over)
            elif rows:
                connection.exec_driver_sql(self._upsert, rows)
            if gone:
                connection.exec_driver_sql(self._delete, gone)
        except sa.exc.DBAPIError as error:
            if is_away(error):
                raise
            raise RowsRefused(self._view.name) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:  # of a column's type
            raise RowsRefused(self._view.name) from error

    def _copy_in(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Copy rows into the temporary table, past SQLAlchemy, which knows no COPY; raises its errors all the same."""
        refused = connection.dialect.loaded_dbapi.Error
        cursor: Any = connection.connection.cursor()
        try:
            with cursor.copy(self._copy) as copy:
                for row in rows:
                    copy.write_row(row)
        except refused as error:
            raise sa.exc.DBAPIError.instance(self._copy, None, error, refused) from error

    def _write_sql(self, name: str) -> None:
        quoted = [self._quote(column) for column in self._names]
        table, stage = self._quote(name), self._quote(f"in_{name}")
        keys, others, columns = quoted[: self._width], quoted[self._width :], ", ".join(quoted)
        arrays = ", ".join(f"%s::{kind.compile(self._dialect)}[]" for kind in self._kinds[: self._width])
        same = " AND ".join(f"t.{column} = w.{column}" for column in keys)
        update = ", ".join(f"{column} = excluded.{column}" for column in others)
        chosen = ", ".join(f"t.{column}" for column in quoted)
        self._select = (
            f"SELECT {chosen} FROM unnest({arrays}) AS w({', '.join(keys)}) "  # noqa: S608 - names only
            f"JOIN {table} t ON {same}"
        )
        self._stage = f"CREATE TEMPORARY TABLE IF NOT EXISTS {stage} (LIKE {table}) ON COMMIT DELETE ROWS"
        self._copy = f"COPY {stage} ({columns}) FROM STDIN"
        conflict = f"ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {update}' if others else 'NOTHING'}"
        marks = ", ".join(["%s"] * len(quoted))
        self._take_over = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} {conflict}"  # noqa: S608 - names only
        self._upsert = f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict}"  # noqa: S608 - names only
        where = " AND ".join(f"{column} = %s" for column in keys)
        self._delete = f"DELETE FROM {table} WHERE {where}"  # noqa: S608 - names only


def _converted(row: tuple[Any, ...], how: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([value if convert is None else convert(value) for value, convert in zip(row, how, strict=True)])
