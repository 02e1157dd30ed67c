"""Servicer of the commands: map, execute, map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import document_service_pb2_grpc as rpc

from docexchange_service import mapping
from docexchange_service.parties import intent

if TYPE_CHECKING:
    from decider.executor import Done

    from docexchange_service.document import Document
    from docexchange_service.sending import Sending

R = TypeVar("R")


class DocumentCommands(rpc.DocumentServiceServicer):
    """lienthong.docexchange.v1.DocumentService."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending

    async def SendDocument(self, request: s.SendDocumentRequest, _context: Any) -> s.SendDocumentResponse:  # noqa: N802
        """Send a document (văn bản mới)."""
        done = await self._sending.send(request.content, request.recipients, intent())
        return self._answer(s.SendDocumentResponse, done)

    async def ReplaceDocument(self, request: s.ReplaceDocumentRequest, _context: Any) -> s.ReplaceDocumentResponse:  # noqa: N802
        """Send a document in the place of earlier ones (thay thế)."""
        done = await self._sending.send(request.content, request.recipients, intent(), replaces=request.replaces)
        return self._answer(s.ReplaceDocumentResponse, done)

    async def UpdateDocument(self, request: s.UpdateDocumentRequest, _context: Any) -> s.UpdateDocumentResponse:  # noqa: N802
        """Propose a corrected content (cập nhật)."""
        done = await self._sending.update(
            request.document,
            request.content,
            intent(),
            added=request.added,
            removed=request.removed,
            reason=request.reason,
        )
        return self._answer(s.UpdateDocumentResponse, done)

    async def RecallDocument(self, request: s.RecallDocumentRequest, _context: Any) -> s.RecallDocumentResponse:  # noqa: N802
        """Ask receivers to give a document back (thu hồi)."""
        done = await self._sending.recall(request.document, request.recipients, request.reason, intent())
        return self._answer(s.RecallDocumentResponse, done)

    async def ReportStatus(self, request: s.ReportStatusRequest, _context: Any) -> s.ReportStatusResponse:  # noqa: N802
        """Report where the caller's copy stands (01 to 06)."""
        done = await self._sending.report(
            request.document, request.recipient, request.status, request.reason, request.note, intent()
        )
        return self._answer(s.ReportStatusResponse, done)

    async def AnswerChange(self, request: s.AnswerChangeRequest, _context: Any) -> s.AnswerChangeResponse:  # noqa: N802
        """Agree to a change (15) or refuse it (16)."""
        done = await self._sending.answer(
            request.document,
            request.recipient,
            request.change,
            request.reason,
            intent(),
            agrees=request.answer == s.ANSWER_AGREE,
        )
        return self._answer(s.AnswerChangeResponse, done)

    def _answer(self, kind: Callable[..., R], done: Done[Document]) -> R:
        parties = self._sending.parties
        return kind(document=mapping.document(done.state, parties.viewer, parties.holder), position=done.position)
