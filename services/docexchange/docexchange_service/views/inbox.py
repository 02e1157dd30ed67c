"""What lies in an agency's inbox, and where does each copy stand?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from eventlog.record import Recorded
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from views.view import Key, View

from docexchange_service.document import Delivery, evolve_delivery
from docexchange_service.views.copies import DOCUMENT_EVENTS, Row, packed, unpacked

COLUMNS = (
    sa.Column("recipient", sa.String(35), primary_key=True),
    sa.Column("document", sa.String(40), primary_key=True),
    sa.Column("code", sa.String(120), nullable=False),
    sa.Column("sender", sa.String(35), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("due", sa.String(10), nullable=False),  # yyyy-mm-dd; empty: none
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("pending", sa.Integer, nullable=False),
    sa.Column("copy", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),  # microseconds since 1970
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),  # of the record that changed the row last
)


def keys(recorded: Recorded) -> Iterable[Key]:
    """Name the copies that an event is about."""
    match event := recorded.event:
        case e.DocumentSent() | e.RecallRequested() | e.ReplacementProposed():
            return [(recipient, event.document) for recipient in event.recipients]
        case e.UpdateProposed():
            return [(code, event.document) for code in (*event.recipients, *event.added, *event.removed)]
        case e.DeliveryStatusReported() | e.ChangeAgreed() | e.ChangeRefused():
            return [(event.recipient, event.document)]
    raise TypeError(recorded.type_name)


def fold(key: Key, row: Row | None, recorded: Recorded) -> Row | None:
    """Return a line of the inbox after an event."""
    event = recorded.event
    recipient, document = key
    match event:
        case e.DocumentSent():
            return _line(recipient, document, 1, event, recorded)
        case e.UpdateProposed() if row is None:
            return _line(recipient, document, event.revision, event, recorded)
    if row is None:
        raise LookupError("an event of a copy that was never sent")
    changed = {**row, **_standing(evolve_delivery(unpacked(recipient, row["copy"]), event), recorded)}
    if isinstance(event, e.UpdateProposed):
        changed |= {**_content(event.content), "revision": event.revision}
    return changed


def _line(
    recipient: str, document: str, revision: int, event: e.DocumentSent | e.UpdateProposed, recorded: Recorded
) -> dict[str, Any]:
    return {
        "recipient": recipient,
        "document": document,
        "code": event.code,
        "sender": event.sender,
        "revision": revision,
        "sent": event.time.ToMicroseconds(),
        **_content(event.content),
        **_standing(Delivery(recipient, revision), recorded),
    }


def _content(content: d.Content) -> dict[str, Any]:
    due = content.due_date
    return {
        "subject": content.subject,
        "priority": content.priority,
        "due": f"{due.year:04}-{due.month:02}-{due.day:02}" if content.HasField("due_date") else "",
    }


def _standing(copy: Delivery, recorded: Recorded) -> dict[str, Any]:
    return {
        "status": int(copy.status),
        "pending": len(copy.pending),
        "copy": packed(copy),
        "changed": recorded.micros,
        "partition": recorded.partition,
        "position": recorded.position,
    }


INBOX = View(
    name="inbox",
    version=1,
    log="docexchange",
    columns=COLUMNS,
    types=DOCUMENT_EVENTS,
    keys=keys,
    fold=fold,
    indexes=(("recipient", "partition", "position"), ("recipient", "sent"), ("partition", "position")),
)
