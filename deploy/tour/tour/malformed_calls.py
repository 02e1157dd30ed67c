"""Calls that must be refused: each is made as a careless or hostile system would make it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.message import Message
from grpckit.client import connect
from grpckit.errors import refusal_of
from grpckit.signing import Signer, payload_prefix, utc_now
from lienthong.docexchange.v1 import attachment_service_pb2 as t
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import edxml_service_pb2 as x
from lienthong.docexchange.v1 import mailbox_service_pb2 as m
from lienthong.docexchange.v1 import mailbox_service_pb2_grpc as mailbox
from lienthong.identity.v1 import system_service_pb2 as i

from tour import contents
from tour.country import request_id
from tour.malformed_messages import SENDER, good
from tour.places import MERGED
from tour.plan import Planned

if TYPE_CHECKING:
    from lienthong_sdk.client import Lienthong

    from tour.board import Board
    from tour.country import Country

_LIST_INBOX: Final = "/lienthong.docexchange.v1.MailboxService/ListInbox"


@dataclass(frozen=True)
class Scene:
    """What the cases act on: the agencies, what was sent during the day, and a folder."""

    country: Country
    board: Board
    folder: Path
    today: date
    signer: Signer  # of the system that most cases call with

    @property
    def now(self) -> datetime:
        """The time."""
        return utc_now()

    @property
    def client(self) -> Lienthong:
        """The system that most cases call with."""
        return self.country.clients[SENDER]

    def sent(self) -> Planned:
        """Return a document that an agency other than SENDER sent to others, with an attachment."""
        return next(
            each
            for each in self.board.documents.values()
            if each.code in self.board.ids
            and each.files
            and MERGED not in {each.sender, *(copy.recipient for copy in each.copies)}
            and SENDER not in {each.sender, *(copy.recipient for copy in each.copies)}
        )


async def hand_in(scene: Scene, message: bytes) -> x.ImportMessageResponse:
    """Hand in an edXML message."""
    file = scene.folder / "malformed.edxml"
    file.write_bytes(message)
    return await scene.client.import_message(file)


async def other_hash(scene: Scene) -> object:
    """Hand in a message of which another SHA-256 was said."""
    message = good("M101", scene.today)
    return await scene.client.edxml.ImportMessage(_parts(message, len(message), hashlib.sha256(b"").digest()))


async def other_size(scene: Scene) -> object:
    """Hand in a message that is longer than was said."""
    message = good("M102", scene.today)
    return await scene.client.edxml.ImportMessage(_parts(message, len(message) - 1, hashlib.sha256(message).digest()))


async def sent_again(scene: Scene) -> object:
    """Send a document whose code was used."""
    old = scene.sent()
    client, id_ = scene.country.clients[old.sender], scene.board.ids[old.code]
    present = await client.mailbox.GetDocument(m.GetDocumentRequest(document=id_))
    content = present.document.content
    del content.attachments[:]
    recipients = [old.copies[0].recipient]
    return await client.documents.SendDocument(
        s.SendDocumentRequest(content=content, recipients=recipients, request_id=request_id())
    )


async def unknown_document(scene: Scene) -> object:
    """Read a document that others exchange: for the caller there is none."""
    return await scene.client.mailbox.GetDocument(m.GetDocumentRequest(document=scene.board.ids[scene.sent().code]))


async def foreign_attachment(scene: Scene) -> object:
    """Read an attachment of which only the hash is known."""
    document = scene.sent()
    sha256 = contents.measure(contents.chunks(document.files[0])).sha256
    request = t.DownloadAttachmentRequest(document=scene.board.ids[document.code], sha256=sha256)
    return [part async for part in scene.client.attachments.DownloadAttachment(request)]


async def illegal_transition(scene: Scene) -> object:
    """Report a copy arrived that is further, or refused, already."""
    copies = ((each, copy) for each in scene.board.documents.values() for copy in each.copies)
    document, copy = next(
        (each, copy)
        for each, copy in copies
        if each.code in scene.board.ids and copy.recipient != MERGED and len(copy.walk) > 1
    )
    request = s.ReportStatusRequest(
        document=scene.board.ids[document.code], status=d.STATUS_ARRIVED, request_id=request_id()
    )
    return await scene.country.clients[copy.recipient].documents.ReportStatus(request)


async def foreign_page_token(scene: Scene) -> object:
    """Go on with another agency's page token."""
    agencies = (client for code, client in scene.country.clients.items() if code not in {SENDER, MERGED})
    token = ""
    while not token:
        page = await next(agencies).mailbox.ListInbox(m.ListInboxRequest(page_size=1))
        token = page.next_page_token
    return await scene.client.mailbox.ListInbox(m.ListInboxRequest(page_size=1, page_token=token))


async def malformed_cursor(scene: Scene) -> object:
    """Subscribe from a cursor that nobody gave."""
    async with aclosing(scene.client.inbox(cursor="bmljZSB0cnk")) as lines:  # type: ignore[type-var]
        return await anext(lines)


async def wrong_signature(scene: Scene) -> object:
    """Send other bytes than were signed."""
    request, other = m.ListInboxRequest(page_size=10), m.ListInboxRequest(page_size=1000)
    async with _unsigned(scene) as channel:
        return await _raw(channel, other, _signed(scene, request))


async def replayed(scene: Scene) -> object:
    """Send a call a second time as it was, to the same replica: another one takes it."""
    request = m.ListInboxRequest(page_size=1)
    metadata = _signed(scene, request)
    async with _unsigned(scene) as channel:
        await _raw(channel, request, metadata)
        return await _raw(channel, request, metadata)


async def clock_off(scene: Scene) -> object:
    """Sign by a clock that is ten minutes slow."""
    at = scene.country.addresses
    slow = connect(at.docexchange, scene.signer, clock=lambda: utc_now() - timedelta(minutes=10), tls=at.tls)
    async with slow as channel:
        return await mailbox.MailboxServiceStub(channel).ListInbox(m.ListInboxRequest())


async def revoked_key(scene: Scene) -> object:
    """Call with a key that its system has revoked."""
    country, signer = scene.country, Signer.generate(f"{SENDER.lower()}-thu-hoi")
    await country.enrol_system(SENDER, signer)
    revoked = await country.operator.systems.RevokeSystemKey(
        i.RevokeSystemKeyRequest(
            system=signer.system, key_id=signer.key_id, reason="Lộ khóa", after=country.after, request_id=request_id()
        )
    )
    country.seen(revoked.position)
    await scene.client.mailbox.ListInbox(m.ListInboxRequest(page_size=1, after=country.after))
    async with connect(country.addresses.docexchange, signer, tls=country.addresses.tls) as channel:
        return await mailbox.MailboxServiceStub(channel).ListInbox(m.ListInboxRequest())


async def merged_agency(scene: Scene) -> object:
    """Call with the system of the agency that was merged."""
    return await scene.country.clients[MERGED].mailbox.ListInbox(m.ListInboxRequest())


async def _parts(message: bytes, size: int, sha256: bytes) -> AsyncIterator[x.ImportMessageRequest]:
    description = t.UploadDescription(sha256=sha256, size=size, request_id=request_id())
    yield x.ImportMessageRequest(description=description)
    yield x.ImportMessageRequest(chunk=message)


def _signed(scene: Scene, request: Message) -> Any:
    prefix = payload_prefix(_LIST_INBOX, request.DESCRIPTOR.full_name)
    return scene.signer.sign(prefix, request.SerializeToString(), utc_now(), os.urandom(16))


def _unsigned(scene: Scene) -> grpc.aio.Channel:
    """Open a channel that signs nothing and stays with the first replica that it finds."""
    at = scene.country.addresses
    if at.tls is None:
        return grpc.aio.insecure_channel(at.docexchange)
    pem = [file.read_bytes() if file else None for file in (at.tls.ca, at.tls.key, at.tls.certificate)]
    return grpc.aio.secure_channel(at.docexchange, grpc.ssl_channel_credentials(*pem))


async def _raw(channel: grpc.aio.Channel, request: Message, metadata: Any) -> object:
    """Call with a signature that was made before."""
    call: Any = channel.unary_unary(_LIST_INBOX, response_deserializer=m.ListInboxResponse.FromString)
    try:
        return await call(request.SerializeToString(), metadata=metadata, timeout=10)
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        raise (refusal or error) from error
