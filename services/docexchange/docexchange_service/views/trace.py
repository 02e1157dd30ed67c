"""What has happened to a document, step by step?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from eventlog.record import Recorded
from lienthong.docexchange.v1 import events_pb2 as e
from views.view import Key, View

from docexchange_service.views.copies import DOCUMENT_EVENTS, Row

if TYPE_CHECKING:
    from google.protobuf.message import Message

_KIND = {"RecallRequested": 1, "UpdateProposed": 2, "ReplacementProposed": 3}


def keys(recorded: Recorded) -> Iterable[Key]:
    """Name the step."""
    return [(recorded.event.document, recorded.version)]  # type: ignore[attr-defined] # every type below has it


def fold(key: Key, _row: Row | None, recorded: Recorded) -> Row | None:
    """Return the step that a record is."""
    event = recorded.event
    return {
        "document": key[0],
        "version": key[1],
        "time": recorded.record.recorded_at.ToMicroseconds(),
        "event": recorded.type_name,
        "agency": recorded.record.origin.agency,
        "recipients": ",".join(_recipients(event)),
        "status": getattr(event, "status", 0),
        "change": getattr(event, "kind", _KIND.get(event.DESCRIPTOR.name, 0)),
        "reason": getattr(event, "reason", ""),
        "partition": recorded.partition,
        "position": recorded.position,
    }


def _recipients(event: Message) -> Sequence[str]:
    """Return whom a step is about; empty: everybody."""
    match event:
        case e.DeliveryStatusReported() | e.ChangeAgreed() | e.ChangeRefused():
            return [event.recipient]
        case e.RecallRequested() | e.ReplacementProposed():
            return event.recipients
    return []


TRACE = View(
    name="trace",
    version=1,
    log="docexchange",
    columns=(
        sa.Column("document", sa.String(40), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),  # microseconds since 1970
        sa.Column("event", sa.String(100), nullable=False),
        sa.Column("agency", sa.String(35), nullable=False),
        sa.Column("recipients", sa.Text, nullable=False),  # codes, with commas between; empty: everybody
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    ),
    types=DOCUMENT_EVENTS,
    keys=keys,
    fold=fold,
)
