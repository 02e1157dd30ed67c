"""Which documents belong to one conversation? Two views: the documents by code, and who answers whom."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from eventlog.record import Recorded
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam.edxml import document_id
from vietnam.errors import VietnamError
from views.view import Key, View

from docexchange_service.views.copies import Row, types


def _document_keys(recorded: Recorded) -> Iterable[Key]:
    return [(recorded.event.code,)]  # type: ignore[attr-defined] # every type below has it


def _document_fold(key: Key, row: Row | None, recorded: Recorded) -> Row | None:
    event = recorded.event
    match event:
        case e.DocumentSent():
            return {
                "code": key[0],
                "document": event.document,
                "sender": event.sender,
                "subject": event.content.subject,
                "sent": event.time.ToMicroseconds(),
            }
        case e.UpdateProposed() if row is not None:
            return {**row, "subject": event.content.subject}
    raise LookupError("an event of a document that was never sent")


def _link_keys(recorded: Recorded) -> Iterable[Key]:
    event = recorded.event
    if not isinstance(event, e.DocumentSent | e.UpdateProposed):
        raise TypeError(recorded.type_name)
    return [(event.code, _current(each.code)) for each in event.content.response_for]


def _link_fold(key: Key, _row: Row | None, _recorded: Recorded) -> Row | None:
    return {"answer": key[0], "answered": key[1]}


def _current(code: str) -> str:
    """Return a document's code with its agency's in the current form, as documents here have it."""
    try:
        return str(document_id.parse(code))
    except VietnamError:
        return code


THREAD = View(
    name="thread",
    version=1,
    log="docexchange",
    columns=(
        sa.Column("code", sa.String(120), primary_key=True),
        sa.Column("document", sa.String(40), nullable=False),
        sa.Column("sender", sa.String(35), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),  # microseconds since 1970
    ),
    types=types(e.DocumentSent, e.UpdateProposed),
    keys=_document_keys,
    fold=_document_fold,
    indexes=(("document",),),
)

LINKS = View(
    name="thread_links",
    version=1,
    log="docexchange",
    columns=(
        sa.Column("answer", sa.String(120), primary_key=True),
        sa.Column("answered", sa.String(120), primary_key=True),
    ),
    types=types(e.DocumentSent, e.UpdateProposed),
    keys=_link_keys,
    fold=_link_fold,
    indexes=(("answered",),),
)
