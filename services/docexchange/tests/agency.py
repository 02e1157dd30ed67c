"""An agency's system as a test plays it: every RPC by its name, streams from and into bytes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from grpckit.client import Channel
from grpckit.signing import Signer
from lienthong.docexchange.v1 import (
    attachment_service_pb2 as files,
)
from lienthong.docexchange.v1 import (
    attachment_service_pb2_grpc,
    document_service_pb2_grpc,
    edxml_service_pb2_grpc,
    mailbox_service_pb2_grpc,
)
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.log.v1 import log_service_pb2_grpc

_STUBS: dict[str, Any] = {
    "lienthong.docexchange.v1.DocumentService": document_service_pb2_grpc.DocumentServiceStub,
    "lienthong.docexchange.v1.MailboxService": mailbox_service_pb2_grpc.MailboxServiceStub,
    "lienthong.docexchange.v1.AttachmentService": attachment_service_pb2_grpc.AttachmentServiceStub,
    "lienthong.docexchange.v1.EdxmlService": edxml_service_pb2_grpc.EdxmlServiceStub,
    "lienthong.log.v1.LogService": log_service_pb2_grpc.LogServiceStub,
}
METHODS = {
    method.name: method for name in _STUBS for method in descriptor_pool.Default().FindServiceByName(name).methods
}
CHUNK = 256 * 1024


def request_of(rpc: str, **fields: Any) -> Any:
    """Build the request of an RPC; a request id is made where one is due."""
    kind = METHODS[rpc].input_type
    if "request_id" in kind.fields_by_name:
        fields = {"request_id": str(uuid.uuid4()), **fields}
    return GetMessageClass(kind)(**fields)


def stub_of(channel: Channel, rpc: str) -> Any:
    """Return the callable of an RPC."""
    return getattr(_STUBS[METHODS[rpc].containing_service.full_name](channel), rpc)


def described(rpc: str, data: bytes, **changes: Any) -> Any:
    """Return the first message of a stream of chunks: what it says of the bytes may be changed."""
    said = {"sha256": hashlib.sha256(data).digest(), "size": len(data), "request_id": str(uuid.uuid4()), **changes}
    return request_of(rpc, description=files.UploadDescription(**said))


def chunks(rpc: str, data: bytes, size: int = CHUNK) -> Iterable[Any]:
    """Return the messages that carry bytes."""
    return [request_of(rpc, chunk=data[start : start + size]) for start in range(0, len(data), size)]


@dataclass(frozen=True)
class Agency:
    """An agency with one of its systems."""

    code: str
    signer: Signer
    channel: Channel

    async def call(self, rpc: str, **fields: Any) -> Any:
        """Call an RPC of one request and one answer."""
        return await stub_of(self.channel, rpc)(request_of(rpc, **fields))

    async def repeat(self, rpc: str, request: Any) -> Any:
        """Call with a request that was built before."""
        return await stub_of(self.channel, rpc)(request)

    def listen(self, **fields: Any) -> Any:
        """Subscribe to the inbox."""
        return stub_of(self.channel, "SubscribeInbox")(request_of("SubscribeInbox", **fields))

    async def send(self, content: d.Content, *recipients: Agency, **fields: Any) -> Any:
        """Send a document."""
        codes = [each.code for each in recipients]
        return await self.call("SendDocument", **{"content": content, "recipients": codes, **fields})

    async def report(self, document: str, *statuses: d.Status.ValueType, **fields: Any) -> Any:
        """Report one status after the other; return the last answer."""
        for status in statuses:
            answer = await self.call("ReportStatus", document=document, status=status, **fields)
        return answer

    async def document(self, id_: str) -> d.Document:
        """Read a document."""
        return (await self.call("GetDocument", document=id_)).document  # type: ignore[no-any-return]

    async def put(self, rpc: str, data: bytes, *, size: int = CHUNK, **changes: Any) -> Any:
        """Stream bytes up, described as they are unless told otherwise."""
        return await stub_of(self.channel, rpc)([described(rpc, data, **changes), *chunks(rpc, data, size)])

    async def upload(self, data: bytes, name: str = "cong-van.txt", **changes: Any) -> d.Attachment:
        """Upload a file; return it as a document names it."""
        answer = await self.put("UploadAttachment", data, **changes)
        return d.Attachment(sha256=answer.sha256, size=answer.size, name=name, media_type="text/plain")

    async def take(self, data: bytes, **changes: Any) -> Any:
        """Import an edXML message."""
        return await self.put("ImportMessage", data, **changes)

    async def got(self, rpc: str, **fields: Any) -> bytes:
        """Stream bytes down."""
        return b"".join([answer.chunk async for answer in self.answers(rpc, **fields)])

    def answers(self, rpc: str, **fields: Any) -> AsyncIterator[Any]:
        """Call an RPC of one request and a stream of answers."""
        return aiter(stub_of(self.channel, rpc)(request_of(rpc, **fields)))
