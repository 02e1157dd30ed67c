"""Servicer of edXML: a message in becomes a command, a document out becomes a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.x509 import Certificate
from decider.executor import Done, Intent
from grpckit.call import current_call
from grpckit.validation import validate
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import edxml_service_pb2 as s
from lienthong.docexchange.v1 import edxml_service_pb2_grpc as rpc
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam import edxml
from vietnam.edxml import signature
from vietnam.enums import BusinessType, ProcessingStatus, ReceiverChange
from vietnam.errors import VietnamError
from vietnam.time_zone import VIETNAM_TIME

from docexchange_service import document
from docexchange_service import document_refusals as refuse
from docexchange_service import mapping as documents
from docexchange_service.document import Document
from docexchange_service.edxml import mapping, refusals
from docexchange_service.edxml.reading import MessageReading, Stored
from docexchange_service.incoming import Incoming, first_part, to_the_end
from docexchange_service.parties import intent_for
from docexchange_service.sending import Files
from docexchange_service.storing import storing

if TYPE_CHECKING:
    from docexchange_service.blobs import Blobs
    from docexchange_service.sending import Sending

_SEND, _RECEIVE = "documents.send", "documents.receive"


@dataclass(frozen=True)
class EdxmlSettings:
    """Limits of messages, where they are spooled, and whose certificates are trusted."""

    spool: Path
    limits: edxml.Limits
    signature_bytes: int
    trusted: Sequence[Certificate] = ()


@dataclass(frozen=True)
class _Taken:
    """A message as it came, whole and checked."""

    message: edxml.Message
    stored: Sequence[Stored]
    source: d.EdxmlSource
    intent: Intent


class Edxml(rpc.EdxmlServiceServicer):
    """lienthong.docexchange.v1.EdxmlService."""

    def __init__(self, sending: Sending, blobs: Blobs, settings: EdxmlSettings, name: Callable[[str], str]) -> None:
        self._sending = sending
        self._blobs = blobs
        self._settings = settings
        self._name = name

    async def ImportMessage(  # noqa: N802
        self, requests: AsyncIterator[s.ImportMessageRequest], _context: Any
    ) -> s.ImportMessageResponse:
        """Take a message; nothing is kept of one that is refused."""
        described = await first_part(requests)
        today = self._sending.now().astimezone(VIETNAM_TIME).date()
        limits = self._settings.limits
        with (
            storing(),
            Incoming(described, self._settings.spool, limits.message_bytes) as incoming,
            MessageReading(self._settings.spool, today, limits) as reading,
        ):
            try:
                await incoming.take(requests, also=reading.feed)
                message, stored = await to_the_end(asyncio.to_thread(reading.finish))
                check = await self._checked(message, incoming)
            except VietnamError as error:
                raise refusals.of(error) from error
            source = d.EdxmlSource(sha256=described.sha256, size=described.size, signature=check)
            done = await self._execute(_Taken(message, stored, source, intent_for(described.request_id)))
        parties = self._sending.parties
        shown = documents.document(done.state, parties.viewer, parties.holder)
        return s.ImportMessageResponse(document=shown, position=done.position, signature=check)

    async def ExportMessage(  # noqa: N802
        self, request: s.ExportMessageRequest, _context: Any
    ) -> AsyncIterator[s.ExportMessageResponse]:
        """Give a document as a message; a receiver sees itself as the only one."""
        parties = self._sending.parties
        state = await self._sending.documents.state(document.stream_of(request.document))
        if not documents.is_party(state, parties.viewer):
            raise refuse.unknown()
        shown = documents.document(state, parties.viewer, parties.holder)
        message = mapping.message(shown, [each.recipient for each in shown.deliveries], self._name)
        contents = [(each, self._blobs.read_here(each.sha256)) for each in message.attachments]
        pieces = edxml.write(message, contents)
        try:
            while piece := await asyncio.to_thread(_next, pieces):
                yield s.ExportMessageResponse(chunk=piece)
        except VietnamError as error:
            raise refusals.not_writable(error) from error

    async def _checked(self, message: edxml.Message, incoming: Incoming) -> d.SignatureCheck:
        if not message.has_signature:
            return d.SignatureCheck(result=d.SIGNATURE_RESULT_ABSENT)
        verify = partial(
            signature.verify,
            incoming.file,
            at=self._sending.now(),
            trusted=self._settings.trusted,
            max_bytes=self._settings.signature_bytes,
        )
        result = await to_the_end(asyncio.to_thread(verify))
        return mapping.signature(result)

    async def _execute(self, taken: _Taken) -> Done[Document]:
        message = taken.message
        if str(message.sender.organ_id) not in self._sending.parties.viewer:
            raise refusals.foreign_sender()
        if isinstance(message, edxml.StatusMessage):
            return await self._status(message, taken.intent)
        _require(_SEND)
        match message.business.kind:
            case BusinessType.RECALL:
                return await self._recall(message, taken.intent)
            case BusinessType.UPDATE:
                return await self._update(message, taken)
            case _:
                return await self._send(message, taken)

    async def _send(self, message: edxml.DocumentMessage, taken: _Taken) -> Done[Document]:
        if str(message.sender.organ_id) != self._sending.parties.caller:
            raise refusals.foreign_sender()  # a code begins with its sender's: nobody sends as a predecessor
        replaces = [
            e.ReplacedDocument(document=_id_of(each.document_id), recipients=[str(code) for code in each.organ_ids])
            for each in message.business.replacements
        ]
        return await self._sending.send(
            _content(message, taken),
            [str(each.organ_id) for each in message.recipients],
            taken.intent,
            replaces=replaces,
            edxml=taken.source,
            files=self._files(taken.stored),
        )

    async def _update(self, message: edxml.DocumentMessage, taken: _Taken) -> Done[Document]:
        if message.business.document_id is None:
            raise refusals.reference_missing("TraceHeaderList.Bussiness.DocumentId")
        receivers = message.business.update.receivers if message.business.update else ()
        return await self._sending.update(
            _id_of(message.business.document_id),
            _content(message, taken),
            taken.intent,
            added=[str(each.organ_id) for each in receivers if each.change is ReceiverChange.ADDED],
            removed=[str(each.organ_id) for each in receivers if each.change is ReceiverChange.REMOVED],
            reason=message.business.reason,
            files=self._files(taken.stored),
        )

    async def _recall(self, message: edxml.DocumentMessage, intent: Intent) -> Done[Document]:
        recipients = [str(each.organ_id) for each in message.recipients]
        about = message.business.document_id or message.identity()
        return await self._sending.recall(_id_of(about), recipients, message.business.reason, intent)

    async def _status(self, message: edxml.StatusMessage, intent: Intent) -> Done[Document]:
        if message.response_for.document_id is None:
            raise refusals.reference_missing("Status.ResponseFor.DocumentId")
        id_ = _id_of(message.response_for.document_id)
        recipient = str(message.sender.organ_id)
        if message.status is ProcessingStatus.TAKEN_BACK:
            _require(_SEND)
            return await self._sending.recall(id_, [], message.description, intent)
        _require(_RECEIVE)
        if message.status in {ProcessingStatus.CHANGE_AGREED, ProcessingStatus.CHANGE_REFUSED}:
            return await self._answer(id_, recipient, message, intent)
        status = mapping.STATUS[message.status]
        reason = message.description if status == d.STATUS_REFUSED else ""
        return await self._sending.report(id_, recipient, status, reason, message.description, intent)

    async def _answer(self, id_: str, recipient: str, message: edxml.StatusMessage, intent: Intent) -> Done[Document]:
        """Answer the change that has waited longest, since a message does not say which it answers."""
        state = await self._sending.documents.state(document.stream_of(id_))
        delivery = state.deliveries.get(recipient)
        if delivery is None:
            raise refuse.unknown("Status.ResponseFor.DocumentId")
        agrees = message.status is ProcessingStatus.CHANGE_AGREED
        answered = [change for change, agreed in delivery.answered if agreed is agrees]
        if not delivery.pending and not answered:
            raise refusals.nothing_pending()
        change = delivery.pending[0].change if delivery.pending else answered[-1]
        return await self._sending.answer(id_, recipient, change, message.description, intent, agrees=agrees)

    def _files(self, stored: Sequence[Stored]) -> Files:
        sizes = {each.attachment.sha256: each.attachment.size for each in stored}
        return Files(sizes, partial(self._keep, stored))

    async def _keep(self, stored: Sequence[Stored]) -> None:
        for each in stored:
            await to_the_end(self._blobs.put(each.attachment.sha256, each.content()))


def _require(scope: str) -> None:
    if scope not in current_call().scopes:
        raise refusals.scope_missing(scope)


def _id_of(code: edxml.DocumentId) -> str:
    return document.document_id(str(code), code.promulgated)


def _content(message: edxml.DocumentMessage, taken: _Taken) -> d.Content:
    """Return what a message says, held to the contract like any other."""
    content = mapping.content(message, [each.attachment for each in taken.stored])
    validate(content)
    return content


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")
