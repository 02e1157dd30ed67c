"""Those who send: documents as edXML messages, evenly paced, few in flight; and changes of what was dealt with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

import grpc
from decider.refusal import Refusal
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import edxml_service_pb2 as x
from lienthong.docexchange.v1 import mailbox_service_pb2 as m

from tour.country import at_most, request_id
from tour.plan import UPDATED, Change, Plan, Planned

if TYPE_CHECKING:
    from tour.board import Board
    from tour.country import Country
    from tour.messages import Envelope, Messages

IN_FLIGHT: Final = 4
FAULTS: Final = (Refusal, grpc.RpcError, OSError)
"""What a call may end with that is not as planned."""


class Pace:
    """Lets through so many a second, evenly; who comes late does not catch up."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Return when it is one's turn."""
        now = monotonic()
        at = max(self._next, now)
        self._next = at + self._gap
        await asyncio.sleep(at - now)


@dataclass(frozen=True)
class Senders:
    """The sending side of all agencies."""

    country: Country
    board: Board
    messages: Messages
    plan: Plan
    pace: Pace

    async def send_all(self, documents: Sequence[Planned], done: Callable[[], None]) -> None:
        """Send documents in order; `done` is called after each."""
        await at_most(IN_FLIGHT, map(self.send, documents), done)

    async def send(self, document: Planned) -> None:
        """Hand in a document's message, and hold what comes back against the plan."""
        await self.board.room.wait()
        await self.pace.turn()
        envelope = await asyncio.to_thread(self.messages.write, document)
        self.board.sending(document)
        try:
            answer = await self.country.clients[document.sender].import_message(envelope.file)
        except FAULTS as fault:
            self.board.not_sent(document, str(fault))
            return
        finally:
            envelope.file.unlink()
        self.board.sent(document, answer.document.id)
        if not _as_planned(document, envelope, answer):
            self.board.failed(f"{document.code} was taken otherwise than it was sent")

    async def change_all(self) -> None:
        """Change documents as they become ripe, for ever."""
        while True:
            document = await self.board.ripe.get()
            try:
                await self._change(document)
            except FAULTS as fault:
                self.board.failed(f"{document.code} cannot be changed: {fault}")

    async def _change(self, document: Planned) -> None:
        match document.change:
            case Change.RECALL:
                await self._recall(document)
                self.board.count["recalled"] += 1
            case Change.UPDATE:
                await self._update(document)
                self.board.count["updated"] += 1
            case Change.REPLACE:
                await self.send(self.plan.replacements[document.code])

    async def _recall(self, document: Planned) -> None:
        request = s.RecallDocumentRequest(
            document=self.board.ids[document.code], reason="Văn bản gửi nhầm nơi nhận", request_id=request_id()
        )
        await self.country.clients[document.sender].documents.RecallDocument(request)

    async def _update(self, document: Planned) -> None:
        client, id_ = self.country.clients[document.sender], self.board.ids[document.code]
        present: m.GetDocumentResponse = await client.mailbox.GetDocument(m.GetDocumentRequest(document=id_))
        content = present.document.content
        content.subject += UPDATED
        request = s.UpdateDocumentRequest(
            document=id_, content=content, reason="Đính chính trích yếu", request_id=request_id()
        )
        await client.documents.UpdateDocument(request)


def _as_planned(document: Planned, envelope: Envelope, answer: x.ImportMessageResponse) -> bool:
    taken = answer.document
    signature = d.SIGNATURE_RESULT_VALID if document.signed else d.SIGNATURE_RESULT_ABSENT
    return (
        taken.code == document.code
        and taken.content.subject == document.subject
        and taken.content.priority == document.priority + 1
        and taken.content.type == document.kind
        and [each.recipient for each in taken.deliveries] == [copy.recipient for copy in document.copies]
        and [each.code for each in taken.content.response_for] == ([str(document.answers)] if document.answers else [])
        and [(a.size, a.sha256) for a in taken.content.attachments]
        == [(each.size, each.sha256) for each in envelope.attachments]
        and answer.signature.result == signature
    )
