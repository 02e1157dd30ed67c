"""Between the views' rows and the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import mailbox_service_pb2 as s
from lienthong.log.v1 import record_pb2

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from views.reading import Tables

_LOG = "docexchange"


def inbox_item(row: Any) -> s.InboxItem:
    """Return a line of an inbox."""
    return s.InboxItem(
        document=row.document,
        code=row.code,
        sender=row.sender,
        recipient=row.recipient,
        subject=row.subject,
        priority=row.priority,
        due_date=_date(row.due) if row.due else None,
        status=row.status,
        revision=row.revision,
        pending_changes=row.pending,
        sent_time=_time(row.sent),
        changed_time=_time(row.changed),
        position=_position(row),
    )


def outbox_item(row: Any) -> s.OutboxItem:
    """Return a line of an outbox."""
    return s.OutboxItem(
        document=row.document,
        code=row.code,
        subject=row.subject,
        priority=row.priority,
        sent_time=_time(row.sent),
        deliveries=row.deliveries,
        accepted=row.accepted,
        completed=row.completed,
        refused=row.refused,
        pending_changes=row.pending,
        changed_time=_time(row.changed),
    )


def concerns(row: Any, viewer: frozenset[str]) -> bool:
    """Tell whether a step of a trace is about everybody, or about one of these agencies."""
    return not row.recipients or not viewer.isdisjoint(row.recipients.split(","))


def trace_entry(row: Any, viewer: frozenset[str], sender: str) -> s.TraceEntry:
    """Return a step of a trace; a receiver is not told who else it was about."""
    about = [code for code in row.recipients.split(",") if sender in viewer or code in viewer]
    return s.TraceEntry(
        time=_time(row.time),
        event=row.event,
        agency=row.agency,
        recipient=about[0] if len(about) == 1 else "",
        status=row.status,
        change=row.change,
        reason=row.reason,
        position=_position(row),
    )


def day_count(row: Any) -> s.DayCount:
    """Return the counts of a day."""
    return s.DayCount(
        agency=row.agency,
        date=_date(row.day),
        sent=row.sent,
        received=row.received,
        accepted=row.accepted,
        refused=row.refused,
        completed=row.completed,
    )


def thread(connection: Connection, tables: Tables, code: str, viewer: frozenset[str], limit: int) -> list[s.ThreadItem]:
    """Walk from a document to those it answers and those that answer it, through documents the viewer may see."""
    found: dict[str, Any] = {}
    frontier = {code}
    while frontier and len(found) < limit:
        rows = _visible(connection, tables, frontier, viewer)
        found |= {row.code: row for row in rows}
        frontier = _linked(connection, tables["thread_links"], {row.code for row in rows}) - found.keys()
    links = tables["thread_links"]
    pairs = connection.execute(sa.select(links).where(links.c.answer.in_(found))).fetchall()
    answers: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.answered in found:
            answers.setdefault(pair.answer, []).append(found[pair.answered].document)
    ordered = sorted(found.values(), key=lambda row: (row.sent, row.code))[:limit]
    return [
        s.ThreadItem(
            document=row.document,
            code=row.code,
            sender=row.sender,
            subject=row.subject,
            response_for=answers.get(row.code, []),
            sent_time=_time(row.sent),
        )
        for row in ordered
    ]


def _visible(connection: Connection, tables: Tables, codes: set[str], viewer: frozenset[str]) -> Sequence[Any]:
    """Return the documents that the viewer sent, or of which it holds a copy that was not taken back."""
    t, copies, who = tables["thread"], tables["inbox"], sorted(viewer)
    held = sa.exists().where(
        copies.c.document == t.c.document, copies.c.recipient.in_(who), copies.c.status != d.STATUS_TAKEN_BACK
    )
    chosen = sa.select(t).where(t.c.code.in_(sorted(codes)), sa.or_(t.c.sender.in_(who), held))
    return connection.execute(chosen).fetchall()


def _linked(connection: Connection, links: sa.Table, codes: set[str]) -> set[str]:
    either = sa.or_(links.c.answer.in_(sorted(codes)), links.c.answered.in_(sorted(codes)))
    return {code for pair in connection.execute(sa.select(links).where(either)) for code in pair}


def _time(micros: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(micros)
    return stamp


def _date(text: str) -> date_pb2.Date:
    year, month, day = map(int, text.split("-"))
    return date_pb2.Date(year=year, month=month, day=day)


def _position(row: Any) -> record_pb2.Position:
    return record_pb2.Position(log=_LOG, partition=row.partition, position=row.position)
