"""Servicer of what an agency sees of its documents; the push of the inbox is in `push`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from decider.refusal import Kind, Refusal
from google.type import date_pb2
from grpckit.call import current_call
from lienthong.docexchange.v1 import mailbox_service_pb2 as s
from lienthong.docexchange.v1 import mailbox_service_pb2_grpc as rpc
from views import paging

from docexchange_service import content, document, lines, mapping
from docexchange_service import document_refusals as refuse

if TYPE_CHECKING:
    from decider.executor import Executor
    from sqlalchemy.engine import Connection
    from views.reading import Tables
    from views.runtime import Views

    from docexchange_service.document import Document
    from docexchange_service.parties import Parties
    from docexchange_service.push import InboxPush

_PAGE = 100
_LONGEST_THREAD = 1000


class Mailbox(rpc.MailboxServiceServicer):
    """lienthong.docexchange.v1.MailboxService."""

    def __init__(self, views: Views, documents: Executor[Document], parties: Parties, push: InboxPush) -> None:
        self._views = views
        self._documents = documents
        self._parties = parties
        self._push = push

    async def GetDocument(self, request: s.GetDocumentRequest, _context: Any) -> s.GetDocumentResponse:  # noqa: N802
        """Read a document that the caller is a party of."""
        state, viewer = await self._readable(request.document)
        return s.GetDocumentResponse(document=mapping.document(state, viewer, self._parties.holder))

    async def ListInbox(self, request: s.ListInboxRequest, _context: Any) -> s.ListInboxResponse:  # noqa: N802
        """List what the caller's agency received, newest first."""
        page = _Page(request, int, str, str)
        codes = sorted(self._parties.viewer)

        def query(connection: Connection, tables: Tables) -> Sequence[Any]:
            t = tables["inbox"]
            order = (t.c.sent, t.c.document, t.c.recipient)
            chosen = sa.select(t).where(t.c.recipient.in_(codes))
            if request.statuses:
                chosen = chosen.where(t.c.status.in_(request.statuses))
            return page.fetch(connection, chosen, order, descending=True)

        rows = await self._views.read(query)
        items = [lines.inbox_item(row) for row in page.shown(rows)]
        return s.ListInboxResponse(
            items=items, next_page_token=page.token(rows, lambda row: (row.sent, row.document, row.recipient))
        )

    async def ListOutbox(self, request: s.ListOutboxRequest, _context: Any) -> s.ListOutboxResponse:  # noqa: N802
        """List what the caller's agency sent, newest first."""
        page = _Page(request, int, str)
        codes = sorted(self._parties.viewer)

        def query(connection: Connection, tables: Tables) -> Sequence[Any]:
            t = tables["outbox"]
            chosen = sa.select(t).where(t.c.sender.in_(codes))
            return page.fetch(connection, chosen, (t.c.sent, t.c.document), descending=True)

        rows = await self._views.read(query)
        items = [lines.outbox_item(row) for row in page.shown(rows)]
        return s.ListOutboxResponse(items=items, next_page_token=page.token(rows, lambda row: (row.sent, row.document)))

    async def GetTrace(self, request: s.GetTraceRequest, _context: Any) -> s.GetTraceResponse:  # noqa: N802
        """List what happened to a document; a receiver sees what is about it or about everybody."""
        state, viewer = await self._readable(request.document)
        page = _Page(request, int)

        def query(connection: Connection, tables: Tables) -> Sequence[Any]:
            t = tables["trace"]
            chosen = sa.select(t).where(t.c.document == request.document)
            return page.fetch(connection, chosen, (t.c.version,), descending=False)

        rows = await self._views.read(query)
        seen = [row for row in page.shown(rows) if state.sender in viewer or lines.concerns(row, viewer)]
        entries = [lines.trace_entry(row, viewer, state.sender) for row in seen]
        return s.GetTraceResponse(entries=entries, next_page_token=page.token(rows, lambda row: (row.version,)))

    async def GetThread(self, request: s.GetThreadRequest, _context: Any) -> s.GetThreadResponse:  # noqa: N802
        """List the conversation of a document, as far as the caller is a party of it."""
        state, viewer = await self._readable(request.document)

        def query(connection: Connection, tables: Tables) -> Sequence[s.ThreadItem]:
            return lines.thread(connection, tables, state.code, viewer, _LONGEST_THREAD)

        return s.GetThreadResponse(items=await self._views.read(query))

    async def CountByDay(self, request: s.CountByDayRequest, _context: Any) -> s.CountByDayResponse:  # noqa: N802
        """Count by agency and day; an agency sees its own and those of the agencies it has succeeded."""
        page = _Page(request, str, str)
        first, last = _day(request.from_date, "from_date"), _day(request.to_date, "to_date")
        everyone = not current_call().agency
        visible = self._parties.viewer
        agency = content.current(request.agency) if request.agency else ""
        if agency and not everyone and agency not in visible:
            raise refuse.unknown("agency")

        def query(connection: Connection, tables: Tables) -> Sequence[Any]:
            t = tables["counts"]
            chosen = sa.select(t).where(t.c.day.between(first, last))
            if agency:
                chosen = chosen.where(t.c.agency == agency)
            elif not everyone:
                chosen = chosen.where(t.c.agency.in_(sorted(visible)))
            return page.fetch(connection, chosen, (t.c.day, t.c.agency), descending=False)

        rows = await self._views.read(query)
        counts = [lines.day_count(row) for row in page.shown(rows)]
        return s.CountByDayResponse(counts=counts, next_page_token=page.token(rows, lambda row: (row.day, row.agency)))

    async def SubscribeInbox(  # noqa: N802
        self, request: s.SubscribeInboxRequest, _context: Any
    ) -> AsyncIterator[s.SubscribeInboxResponse]:
        """Push what comes into the caller's inbox or changes in it."""
        parties = self._parties
        responses = self._push.subscribe(
            parties.caller, request.cursor, from_now=request.from_now, admitted=parties.admission()
        )
        async for response in responses:
            yield response

    async def _readable(self, id_: str) -> tuple[Document, frozenset[str]]:
        viewer = self._parties.viewer
        state = await self._documents.state(document.stream_of(id_))
        if not mapping.is_party(state, viewer):
            raise refuse.unknown()
        return state, viewer


class _Page:
    """One page of a query: keyset paging by the columns it is ordered by."""

    def __init__(self, request: Any, *kinds: type) -> None:
        call = current_call()
        self._size = request.page_size or _PAGE
        self._query = paging.query_digest(call.origin.method, call.system, request)
        self._after = paging.decode(self._query, request.page_token, *kinds)

    def fetch(
        self, connection: Connection, chosen: sa.Select[Any], order: Sequence[sa.Column[Any]], *, descending: bool
    ) -> Sequence[Any]:
        """Return the rows of the page, and one more where there is a next one."""
        if self._after is not None:
            place, last = sa.tuple_(*order), sa.tuple_(*self._after)
            chosen = chosen.where(place < last if descending else place > last)
        chosen = chosen.order_by(*(column.desc() if descending else column.asc() for column in order))
        return connection.execute(chosen.limit(self._size + 1)).fetchall()

    def shown(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows that belong to the page."""
        return rows[: self._size]

    def token(self, rows: Sequence[Any], key: Any) -> str:
        """Return the token of the next page; empty on the last."""
        return paging.encode(self._query, key(rows[self._size - 1])) if len(rows) > self._size else ""


def _day(value: date_pb2.Date, field: str) -> str:
    try:
        return date(value.year, value.month, value.day).isoformat()
    except ValueError:
        raise Refusal(
            Kind.INVALID,
            "DATE_INVALID",
            field=field,
            en="This is no day of the calendar. Give year, month and day.",
            vi="Ngày không hợp lệ. Hãy ghi đủ năm, tháng, ngày.",
        ) from None
