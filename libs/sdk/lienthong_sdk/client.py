"""The client of an agency's back end: signed channels to the services, and what is done with several calls at once.

    async with Lienthong(Addresses(), Signer.from_file("h41-qlvb.key")) as lienthong:
        sent = await lienthong.send(content, ["G12"], files=[Path("cong-van.pdf")])
        async for response in lienthong.inbox(cursor=kept):
            ...  # response.items; then keep response.cursor

Everything raises `decider.refusal.Refusal` where the platform refuses.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import grpc
from decider.refusal import Kind, Refusal
from grpckit.client import connect
from lienthong.docexchange.v1 import (
    attachment_service_pb2,
    attachment_service_pb2_grpc,
    document_pb2,
    document_service_pb2,
    document_service_pb2_grpc,
    edxml_service_pb2,
    edxml_service_pb2_grpc,
    mailbox_service_pb2,
    mailbox_service_pb2_grpc,
)
from lienthong.identity.v1 import agency_service_pb2_grpc, system_service_pb2_grpc
from lienthong.log.v1.record_pb2 import Position

from lienthong_sdk.resending import resent

if TYPE_CHECKING:
    from types import TracebackType

    from grpckit.renewing import ClientTls
    from grpckit.signing import Signer

CHUNK = 256 * 1024
_TRANSFER = 600.0  # seconds for a large file
_SUBSCRIPTION = 3600.0  # seconds a subscription lasts before it is opened again
_PAUSE = 1.0  # seconds before it is opened again after a break
_PASSING = {Kind.UNAVAILABLE, Kind.BUSY, Kind.TOO_LATE}
_BREAKS = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}


@dataclass(frozen=True)
class Addresses:
    """Where the services listen: host:port, or dns:///name:port; and the files to speak TLS with, else plaintext."""

    identity: str = "127.0.0.1:7001"
    docexchange: str = "127.0.0.1:7002"
    tls: ClientTls | None = None


class Lienthong:
    """All services, for one system; an async context manager. The stubs are the contract's own.

    Files of TLS are re-read when they change, so a renewed certificate needs no restart; TlsFileError for those that
    cannot be used at the start.
    """

    def __init__(self, addresses: Addresses, signer: Signer | None, *, timeout: float = 10.0) -> None:
        self._identity = connect(addresses.identity, signer, timeout=timeout, tls=addresses.tls)
        self._docexchange = connect(addresses.docexchange, signer, timeout=timeout, tls=addresses.tls)
        self.agencies = agency_service_pb2_grpc.AgencyServiceStub(self._identity)
        self.systems = system_service_pb2_grpc.SystemServiceStub(self._identity)
        self.documents = document_service_pb2_grpc.DocumentServiceStub(self._docexchange)
        self.mailbox = mailbox_service_pb2_grpc.MailboxServiceStub(self._docexchange)
        self.attachments = attachment_service_pb2_grpc.AttachmentServiceStub(self._docexchange)
        self.edxml = edxml_service_pb2_grpc.EdxmlServiceStub(self._docexchange)

    async def upload(self, file: Path) -> document_pb2.Attachment:
        """Upload a file, in chunks; return it as a document names it."""
        sha256, size = await asyncio.to_thread(_measure, file)
        description = _description(sha256, size)

        async def parts() -> AsyncIterator[attachment_service_pb2.UploadAttachmentRequest]:
            yield attachment_service_pb2.UploadAttachmentRequest(description=description)
            async for chunk in _chunks(file):
                yield attachment_service_pb2.UploadAttachmentRequest(chunk=chunk)

        await resent(lambda: self.attachments.UploadAttachment(parts(), timeout=_TRANSFER))
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return document_pb2.Attachment(sha256=sha256, size=size, name=file.name, media_type=media_type)

    async def send(
        self,
        content: document_pb2.Content,
        recipients: Sequence[str],
        *,
        files: Sequence[Path] = (),
        after: Sequence[Position] = (),
        request_id: str = "",
    ) -> document_service_pb2.SendDocumentResponse:
        """Upload files and send a document with them; keep `request_id` to send the very same again after a fault."""
        complete = document_pb2.Content()
        complete.CopyFrom(content)
        complete.attachments.extend([await self.upload(file) for file in files])
        request = document_service_pb2.SendDocumentRequest(
            content=complete, recipients=recipients, after=after, request_id=request_id or str(uuid.uuid4())
        )
        return await self.documents.SendDocument(request)

    async def inbox(
        self, *, cursor: str = "", from_now: bool = False
    ) -> AsyncIterator[mailbox_service_pb2.SubscribeInboxResponse]:
        """Give what comes into the inbox or changes in it, for ever, through breaks of the connection.

        Keep a response's cursor once its items are dealt with, and begin with it the next time.
        """
        while True:
            request = mailbox_service_pb2.SubscribeInboxRequest(cursor=cursor, from_now=from_now)
            try:
                async for response in self.mailbox.SubscribeInbox(request, timeout=_SUBSCRIPTION):
                    yield response
                    cursor, from_now = response.cursor, False
            except Refusal as refusal:
                if refusal.kind not in _PASSING:
                    raise
                await asyncio.sleep(_PAUSE)
            except grpc.aio.AioRpcError as error:  # the connection broke, or the subscription's time is over
                if error.code() not in _BREAKS:
                    raise
                await asyncio.sleep(_PAUSE)

    async def download(self, document: str, sha256: bytes, into: Path) -> int:
        """Write an attachment to a file, which appears when it is whole and its hash is right; return its size."""
        request = attachment_service_pb2.DownloadAttachmentRequest(document=document, sha256=sha256)
        part = into.with_name(f".{into.name}.part")
        digest, size = hashlib.sha256(), 0
        try:
            with part.open("wb") as file:
                async for response in self.attachments.DownloadAttachment(request, timeout=_TRANSFER):
                    file.write(response.chunk)
                    digest.update(response.chunk)
                    size += len(response.chunk)
            if digest.digest() != sha256:
                raise OSError(f"{into.name}: what came has another SHA-256 than was asked for; download it again")
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)
        return size

    async def import_message(self, file: Path, *, request_id: str = "") -> edxml_service_pb2.ImportMessageResponse:
        """Hand in an edXML message."""
        sha256, size = await asyncio.to_thread(_measure, file)
        description = _description(sha256, size, request_id)

        async def parts() -> AsyncIterator[edxml_service_pb2.ImportMessageRequest]:
            yield edxml_service_pb2.ImportMessageRequest(description=description)
            async for chunk in _chunks(file):
                yield edxml_service_pb2.ImportMessageRequest(chunk=chunk)

        return await resent(lambda: self.edxml.ImportMessage(parts(), timeout=_TRANSFER))

    async def export_message(self, document: str, into: Path) -> int:
        """Write a document as an edXML message to a file; return its size in bytes."""
        request = edxml_service_pb2.ExportMessageRequest(document=document)
        size = 0
        with into.open("wb") as file:
            async for response in self.edxml.ExportMessage(request, timeout=_TRANSFER):
                size += file.write(response.chunk)
        return size

    async def close(self) -> None:
        """Close the channels."""
        await asyncio.gather(self._identity.close(), self._docexchange.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _description(sha256: bytes, size: int, request_id: str = "") -> attachment_service_pb2.UploadDescription:
    return attachment_service_pb2.UploadDescription(
        sha256=sha256, size=size, request_id=request_id or str(uuid.uuid4())
    )


def _measure(file: Path) -> tuple[bytes, int]:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest(), content.tell()


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while chunk := await asyncio.to_thread(content.read, CHUNK):
            yield chunk
