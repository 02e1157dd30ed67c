"""The view port: a table folded from one log's records by pure functions.

A view answers one question ("what lies in this agency's inbox?") and is disposable: it can be folded again from
position 0 at any time, and the result must be the same. Hence the contract of an author:

1. `keys` and `fold` are pure: no clock, no ids, no I/O; the time of an event is `record.record.recorded_at`. They do
   not change the row they are given.
2. `keys(record)` names the rows that the record touches, each by the values of the primary key's columns in the order
   of declaration. It depends on the record alone. Text, whole numbers and bytes only.
3. `fold(key, row, record)` gets the row as it stands (all columns by name; None: there is none) and returns the whole
   new row, or None to delete it. Key columns may be left out. Another column left out gets its scalar default or NULL.
4. What `fold` returns comes back equal from the database: use `views.instant.Instant` for time, not DateTime.
5. Records of one stream arrive in order. Records of different streams do not arrive in an order to rely on, so where
   several streams touch one row, their folds must give the same in any order (count, maximum, own columns).
6. What either raises stops this stream's part of this view, and only that: see `views.poison`.
7. A change of what `fold`, `keys` or `types` mean is a new `version`; the runtime then folds it anew beside the old.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa
from eventlog.record import Recorded

from views.errors import BadRow, WrongView

Key = tuple[Any, ...]
Row = Mapping[str, Any]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # with version and generation it fits PostgreSQL's 63 bytes
_KEY_TYPES = (str, int, bytes)


@dataclass(frozen=True)
class View:
    """A view of one log; see the module for what an author promises."""

    name: str
    version: int  # from 1
    log: str
    columns: Sequence[sa.Column[Any]]  # those with primary_key=True are the row's key
    types: frozenset[str]  # full names of the event types it folds; others are passed over unparsed
    keys: Callable[[Recorded], Iterable[Key]]
    fold: Callable[[Key, Row | None, Recorded], Row | None]
    indexes: Sequence[Sequence[str]] = ()  # each the names of its columns

    def __post_init__(self) -> None:
        """Refuse what cannot work before anything is stored."""
        if not _NAME.fullmatch(self.name):
            raise WrongView(self.name, f"the name must match {_NAME.pattern}")
        if self.version < 1:
            raise WrongView(self.name, "versions begin at 1")
        if not self.key_names:
            raise WrongView(self.name, "it has no primary key")
        if not set(self.key_types) <= set(_KEY_TYPES):
            raise WrongView(self.name, "key columns must be text, whole numbers or bytes")
        unknown = {name for index in self.indexes for name in index} - set(self.blank)
        if unknown:
            raise WrongView(self.name, f"indexes name unknown columns: {', '.join(sorted(unknown))}")

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The key's columns in order of declaration."""
        return tuple(column.name for column in self.columns if column.primary_key)

    @cached_property
    def key_types(self) -> tuple[type, ...]:
        """The exact Python type of each part of a key."""
        return tuple(column.type.python_type for column in self.columns if column.primary_key)

    @cached_property
    def blank(self) -> dict[str, Any]:
        """A row in which nothing is said: key columns first, then the others with their scalar defaults."""
        ordered = sorted(self.columns, key=lambda column: not column.primary_key)
        return {column.name: _default(column) for column in ordered}

    @cached_property
    def shape(self) -> str:
        """What its table looks like; a table of another version can answer where it has at least this."""
        return json.dumps(sorted([column.name, repr(column.type), column.primary_key] for column in self.columns))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.blank)

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if not c.nullable and not c.primary_key)

    @cached_property
    def _template(self) -> sa.Table:
        ordered = sorted(self.columns, key=lambda column: not column.primary_key)
        copies = [column._copy() for column in ordered]  # noqa: SLF001 - a column belongs to one table; Alembic's way
        for column in copies:
            column.autoincrement = False
        return sa.Table(self.name, sa.MetaData(), *copies)

    def table(self, name: str) -> sa.Table:
        """Return its table under a physical name, key columns first."""
        table = self._template.to_metadata(sa.MetaData(), name=name)
        if self.key_types != (int,):
            table.dialect_options["sqlite"]["with_rowid"] = False  # the key is the tree: one write less a row
        for columns in self.indexes:
            sa.Index(f"{name}_{'_'.join(columns)}", *(table.c[column] for column in columns))
        return table

    def keys_of(self, record: Recorded) -> Sequence[Key]:
        """Return the distinct keys that a record touches; whatever `keys` raises, or BadRow."""
        keys = tuple(self.keys(record))
        for key in keys:
            if tuple(map(type, key)) != self.key_types:
                raise BadRow(f"a key must be {', '.join(kind.__name__ for kind in self.key_types)}")
        return keys if len(keys) < 2 else tuple(dict.fromkeys(keys))

    def complete(self, key: Key, row: Row) -> dict[str, Any]:
        """Return a row with all columns in the table's order; BadRow where it does not fit the columns."""
        whole = isinstance(row, dict) and tuple(row) == self._names  # as most are: loaded, changed and given back
        full: Any = row if whole else {**self.blank, **row}
        if len(full) != len(self._names):
            raise BadRow(f"unknown columns: {', '.join(sorted(set(full) - set(self.blank)))}")
        if tuple(islice(full.values(), len(key))) != key:
            for name, value in zip(self.key_names, key, strict=True):
                if name in row and row[name] != value:
                    raise BadRow(f"column {name} is not what the key says")
                full[name] = value
        if None in full.values():
            for name in self._required:
                if full[name] is None:
                    raise BadRow(f"column {name} must not be NULL")
        completed: dict[str, Any] = full
        return completed


def _default(column: sa.Column[Any]) -> Any:
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def can_serve(stored: str, wanted: str) -> bool:
    """Tell whether a table of shape `stored` answers queries written for shape `wanted`."""
    have, need = json.loads(stored), json.loads(wanted)
    keys = [column for column in have if column[2]], [column for column in need if column[2]]
    return keys[0] == keys[1] and all(column in have for column in need)
