"""Which agencies are there, and who belongs to whom? One row an agency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from lienthong.identity.v1 import agency_pb2
from lienthong.identity.v1.agency_pb2 import Agency
from views.view import Key, Row, View

from identity_service.agency import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eventlog.record import Recorded
    from sqlalchemy.engine import Connection
    from views.reading import Tables

NAME = "agencies"
_FIELDS = ("code", "display_name", "parent", "state", "successor")
_EVENTS = (
    agency_pb2.AgencyRegistered,
    agency_pb2.AgencyRenamed,
    agency_pb2.AgencyMoved,
    agency_pb2.AgencySucceeded,
    agency_pb2.AgencySuspended,
    agency_pb2.AgencyResumed,
)


def _keys(record: Recorded) -> Iterable[Key]:
    event: Any = record.event
    return [(event.code,)]


def _fold(key: Key, row: Row | None, record: Recorded) -> Row:
    del key
    after = evolve(Agency(**(row or {})), record.event)
    return {name: getattr(after, name) for name in _FIELDS}


AGENCIES = View(
    name=NAME,
    version=1,
    log="identity",
    columns=(
        sa.Column("code", sa.String(35), primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("parent", sa.String(35), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("successor", sa.String(35), nullable=False),
    ),
    types=frozenset(event.DESCRIPTOR.full_name for event in _EVENTS),
    keys=_keys,
    fold=_fold,
    indexes=(("parent", "code"), ("successor",)),
)


def get(connection: Connection, tables: Tables, code: str) -> Agency | None:
    """Return one agency."""
    table = tables[NAME]
    found = _agencies(connection, table, sa.select(table).where(table.c.code == code))
    return found[0] if found else None


def page(connection: Connection, tables: Tables, parent: str, after: str, size: int) -> Sequence[Agency]:
    """Return at most `size` agencies in order of code, beyond the code `after`; of one parent where one is named."""
    table = tables[NAME]
    query = sa.select(table).where(table.c.code > after).order_by(table.c.code).limit(size)
    return _agencies(connection, table, query.where(table.c.parent == parent) if parent else query)


def _agencies(connection: Connection, table: sa.Table, query: sa.Select[Any]) -> Sequence[Agency]:
    rows = connection.execute(query).mappings().all()
    merged = _merged(connection, table, [row["code"] for row in rows])
    return [Agency(**row, predecessors=merged.get(row["code"], ())) for row in rows]


def _merged(connection: Connection, table: sa.Table, codes: Sequence[str]) -> dict[str, list[str]]:
    """Return for each code those merged into it, directly or through others, in order; UNION ends any circle."""
    first = sa.select(table.c.successor.label("into"), table.c.code).where(table.c.successor.in_(codes))
    chain = first.cte("chain", recursive=True)
    further = sa.select(chain.c["into"], table.c.code).join(table, table.c.successor == chain.c.code)
    chain = chain.union(further)
    found: dict[str, list[str]] = {}
    rows = connection.execute(sa.select(chain).where(chain.c.code != chain.c["into"]).order_by(chain.c.code))
    for into, code in rows:
        found.setdefault(into, []).append(code)
    return found
