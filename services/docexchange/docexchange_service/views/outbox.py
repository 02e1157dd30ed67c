"""What has an agency sent, and how far has it got?"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from eventlog.record import Recorded
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from views.view import Key, View

from docexchange_service.document import Delivery
from docexchange_service.views.copies import DOCUMENT_EVENTS, Row, after, packed_all, unpacked_all

_ACCEPTED = {d.STATUS_ACCEPTED, d.STATUS_ASSIGNED, d.STATUS_IN_PROCESS, d.STATUS_COMPLETED}


def keys(recorded: Recorded) -> Iterable[Key]:
    """Name the document."""
    return [(recorded.event.document,)]  # type: ignore[attr-defined] # every type below has it


def fold(key: Key, row: Row | None, recorded: Recorded) -> Row | None:
    """Return a line of the outbox after an event."""
    event = recorded.event
    changed = recorded.record.recorded_at.ToMicroseconds()
    if isinstance(event, e.DocumentSent):
        return {
            "document": key[0],
            "code": event.code,
            "sender": event.sender,
            "subject": event.content.subject,
            "priority": event.content.priority,
            "sent": event.time.ToMicroseconds(),
            "changed": changed,
            **_copies([Delivery(code) for code in event.recipients]),
        }
    if row is None:
        raise LookupError("an event of a document that was never sent")
    update = event if isinstance(event, e.UpdateProposed) else None
    copies = after(unpacked_all(row["copies"]), event, update.added if update else (), update.revision if update else 1)
    content = {"subject": update.content.subject, "priority": update.content.priority} if update else {}
    return {**row, **content, **_copies(copies), "changed": changed}


def _copies(copies: list[Delivery]) -> Row:
    statuses = [copy.status for copy in copies]
    return {
        "copies": packed_all(copies),
        "deliveries": len(copies),
        "accepted": sum(status in _ACCEPTED for status in statuses),
        "completed": statuses.count(d.STATUS_COMPLETED),
        "refused": statuses.count(d.STATUS_REFUSED),
        "pending": sum(len(copy.pending) for copy in copies),
    }


OUTBOX = View(
    name="outbox",
    version=1,
    log="docexchange",
    columns=(
        sa.Column("document", sa.String(40), primary_key=True),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("sender", sa.String(35), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("copies", sa.Text, nullable=False),
        sa.Column("deliveries", sa.Integer, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("pending", sa.Integer, nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),  # microseconds since 1970
        sa.Column("changed", sa.BigInteger, nullable=False),
    ),
    types=DOCUMENT_EVENTS,
    keys=keys,
    fold=fold,
    indexes=(("sender", "sent"),),
)
