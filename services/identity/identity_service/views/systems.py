"""Which systems are there, and with which keys? One row a system; its message holds what no query asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from lienthong.identity.v1 import system_pb2
from lienthong.identity.v1.system_pb2 import System
from views.view import Key, Row, View

from identity_service.system import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eventlog.record import Recorded
    from sqlalchemy.engine import Connection
    from views.reading import Tables

NAME = "systems"
_EVENTS = (
    system_pb2.SystemEnrolled,
    system_pb2.SystemCertificatesChanged,
    system_pb2.SystemKeyRotated,
    system_pb2.SystemKeyRevoked,
    system_pb2.SystemSuspended,
    system_pb2.SystemResumed,
)


def _keys(record: Recorded) -> Iterable[Key]:
    event: Any = record.event
    return [(event.system,)]


def _fold(key: Key, row: Row | None, record: Recorded) -> Row:
    del key
    after = evolve(System.FromString(row["message"]) if row else System(), record.event)
    for each in after.keys:
        if not each.HasField("enrolled_at"):
            each.enrolled_at.CopyFrom(record.record.recorded_at)
    return {"id": after.id, "agency": after.agency, "message": after.SerializeToString(deterministic=True)}


SYSTEMS = View(
    name=NAME,
    version=2,
    log="identity",
    columns=(
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("agency", sa.String(35), nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    ),
    types=frozenset(event.DESCRIPTOR.full_name for event in _EVENTS),
    keys=_keys,
    fold=_fold,
    indexes=(("agency", "id"),),
)


def get(connection: Connection, tables: Tables, system: str) -> System | None:
    """Return one system."""
    table = tables[NAME]
    message = connection.execute(sa.select(table.c.message).where(table.c.id == system)).scalar_one_or_none()
    return None if message is None else System.FromString(message)


def page(connection: Connection, tables: Tables, agency: str, after: str, size: int) -> Sequence[System]:
    """Return at most `size` systems in order of id, beyond the id `after`; of one agency where one is named."""
    table = tables[NAME]
    query = sa.select(table.c.message).where(table.c.id > after).order_by(table.c.id).limit(size)
    chosen = query.where(table.c.agency == agency) if agency else query
    return [System.FromString(message) for message in connection.execute(chosen).scalars()]
