"""Holds what the platform shows at the end against the plan: every inbox and outbox, counts, traces, threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import mailbox_service_pb2 as m

from tour.places import MERGED, SUCCESSOR
from tour.plan import Change, Planned
from tour.senders import FAULTS

if TYPE_CHECKING:
    from datetime import date

    from tour.board import Board
    from tour.country import Country

_PAGE: Final = 200
_SAMPLE: Final = 40
_HELD: Final = frozenset({d.STATUS_ACCEPTED, d.STATUS_ASSIGNED, d.STATUS_IN_PROCESS, d.STATUS_COMPLETED})
_ABOUT_ONE: Final = frozenset({"DeliveryStatusReported", "ChangeAgreed", "ChangeRefused"})
_ASKED_BY: Final = {
    Change.RECALL: "RecallRequested",
    Change.UPDATE: "UpdateProposed",
    Change.REPLACE: "ReplacementProposed",
}


def holder(code: str) -> str:
    """Return who answers for an agency's code at the end of the day."""
    return SUCCESSOR if code == MERGED else code


@dataclass(frozen=True)
class Checks:
    """All checks; what is not as planned goes to the board. `today` is the first day of the tour."""

    country: Country
    board: Board
    today: date

    async def run(self, done: Callable[[int], None]) -> None:
        """Check everything; `done` is told how many agencies are through."""
        agencies = [code for code in self.country.clients if code != MERGED]
        for number, agency in enumerate(agencies, start=1):
            await self._check(f"inbox of {agency}", self._inbox(agency))
            await self._check(f"outbox of {agency}", self._outbox(agency))
            done(number)
        await self._check("counts by day", self._counts())
        documents = [each for each in self.board.documents.values() if each.code in self.board.ids]
        for document in _sample(documents):
            await self._check(f"trace of {document.code}", self._trace(document))
        for document in _sample([each for each in documents if each.answers is not None]):
            await self._check(f"thread of {document.code}", self._thread(document))

    async def _check(self, what: str, finding: Awaitable[tuple[object, object]]) -> None:
        try:
            found, expected = await finding
        except FAULTS as fault:
            self.board.failed(f"{what}: {fault}")
            return
        if found != expected:
            self.board.failed(f"{what}: {_difference(found, expected)}")

    async def _inbox(self, agency: str) -> tuple[object, object]:
        client = self.country.clients[agency]
        found = {
            (item.code, item.recipient): (item.sender, item.status, item.pending_changes, item.revision, item.subject)
            async for item in _pages(client.mailbox.ListInbox, m.ListInboxRequest(page_size=_PAGE), "items")
        }
        expected = {
            key: (doc.sender, doc.final(copy), 0, doc.revision(copy), doc.subject_for(copy))
            for key, (doc, copy) in ((key, (one.document, one.copy)) for key, one in self.board.copies.items())
            if holder(copy.recipient) == agency
        }
        return found, expected

    async def _outbox(self, agency: str) -> tuple[object, object]:
        client = self.country.clients[agency]
        found = {
            item.code: (item.deliveries, item.accepted, item.completed, item.refused, item.pending_changes)
            async for item in _pages(client.mailbox.ListOutbox, m.ListOutboxRequest(page_size=_PAGE), "items")
        }
        sent = (document for document in self.board.documents.values() if holder(document.sender) == agency)
        return found, {document.code: _standing(document) for document in sent}

    async def _counts(self) -> tuple[object, object]:
        days = (_date(self.today - timedelta(days=1)), _date(self.today + timedelta(days=1)))
        request = m.CountByDayRequest(from_date=days[0], to_date=days[1], page_size=_PAGE)
        found: Counter[tuple[str, str]] = Counter()
        async for count in _pages(self.country.operator.mailbox.CountByDay, request, "counts"):
            for name in ("sent", "received", "accepted", "refused", "completed"):
                found[count.agency, name] += getattr(count, name)
        expected: Counter[tuple[str, str]] = Counter()
        for document in self.board.documents.values():
            expected[document.sender, "sent"] += 1
            for copy in document.copies:
                expected[copy.recipient, "received"] += 1
                expected[copy.recipient, "accepted"] += d.STATUS_ACCEPTED in copy.walk
                expected[copy.recipient, "refused"] += copy.refused
                expected[copy.recipient, "completed"] += d.STATUS_COMPLETED in copy.walk
        return dict(+found), dict(+expected)

    async def _trace(self, document: Planned) -> tuple[object, object]:
        client = self.country.clients[holder(document.sender)]
        request = m.GetTraceRequest(document=self.board.ids[document.code], page_size=5)
        found: Counter[tuple[str, str, int]] = Counter()
        async for entry in _pages(client.mailbox.GetTrace, request, "entries"):
            event = entry.event.rpartition(".")[2]
            found[event, entry.recipient if event in _ABOUT_ONE else "", entry.status] += 1
        return found, _steps(document)

    async def _thread(self, document: Planned) -> tuple[object, object]:
        """Find the answered document in the thread of its answer, where the answer's sender still holds it."""
        answered = self.board.documents[str(document.answers)]
        copy = next(copy for copy in answered.copies if copy.recipient == document.sender)
        client = self.country.clients[document.sender]
        id_ = self.board.ids[document.code]
        thread = await client.mailbox.GetThread(m.GetThreadRequest(document=id_))
        [answer] = [item for item in thread.items if item.document == id_]
        gone = answered.final(copy) == d.STATUS_TAKEN_BACK
        return list(answer.response_for), [] if gone else [self.board.ids[answered.code]]


def _standing(document: Planned) -> tuple[int, ...]:
    statuses = [document.final(copy) for copy in document.copies]
    return (
        len(statuses),
        sum(status in _HELD for status in statuses),
        statuses.count(d.STATUS_COMPLETED),
        statuses.count(d.STATUS_REFUSED),
        0,
    )


def _steps(document: Planned) -> Counter[tuple[str, str, int]]:
    """Return every step of a document's trace."""
    steps: Counter[tuple[str, str, int]] = Counter({("DocumentSent", "", 0): 1})
    if document.change in _ASKED_BY:
        steps[_ASKED_BY[document.change], "", 0] += 1
    for copy in document.copies:
        steps.update(("DeliveryStatusReported", copy.recipient, status) for status in copy.walk)
        if document.asked(copy):
            steps["ChangeAgreed" if copy.agrees else "ChangeRefused", copy.recipient, 0] += 1
    return steps


def _sample(documents: Sequence[Planned]) -> Iterable[Planned]:
    return documents[:: max(1, len(documents) // _SAMPLE)]


async def _pages(method: Any, request: Any, field: str) -> AsyncIterator[Any]:
    """Give the lines of all pages of a query."""
    while True:
        response = await method(request)
        for line in getattr(response, field):
            yield line
        if not response.next_page_token:
            return
        request.page_token = response.next_page_token


def _difference(found: object, expected: object) -> str:
    """Tell the first difference."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in (*expected, *found):
            if found.get(key) != expected.get(key):
                return f"{key}: {found.get(key)} instead of {expected.get(key)}"
    return f"{found} instead of {expected}"


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)
