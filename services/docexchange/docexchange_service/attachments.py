"""Servicer of attachments: streamed both ways, hashed on the way, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lienthong.docexchange.v1 import attachment_service_pb2 as s
from lienthong.docexchange.v1 import attachment_service_pb2_grpc as rpc

from docexchange_service import attachment, document, mapping
from docexchange_service import document_refusals as refuse
from docexchange_service.incoming import Incoming, first_part, to_the_end
from docexchange_service.parties import intent_for
from docexchange_service.storing import storing

if TYPE_CHECKING:
    from decider.executor import Executor

    from docexchange_service.blobs import Blobs
    from docexchange_service.document import Document
    from docexchange_service.parties import Parties


class Attachments(rpc.AttachmentServiceServicer):
    """lienthong.docexchange.v1.AttachmentService."""

    def __init__(
        self,
        documents: Executor[Document],
        uploads: Executor[int | None],
        blobs: Blobs,
        parties: Parties,
        spool: Path,
        limit: int,
    ) -> None:
        self._documents = documents
        self._uploads = uploads
        self._blobs = blobs
        self._parties = parties
        self._spool = spool
        self._limit = limit

    async def UploadAttachment(  # noqa: N802
        self, requests: AsyncIterator[s.UploadAttachmentRequest], _context: Any
    ) -> s.UploadAttachmentResponse:
        """Store a file; the blob is there before the event says so."""
        described = await first_part(requests)
        agency = self._parties.caller
        stream = attachment.stream_of(agency, described.sha256)
        intent = intent_for(described.request_id)
        with storing(), Incoming(described, self._spool, self._limit) as incoming:
            await incoming.take(requests)
            await self._uploads.execute(stream, lambda _state: (), intent)  # a request id that is taken is refused here
            await to_the_end(self._blobs.put(described.sha256, incoming.content()))
        decide = partial(attachment.decide_store, agency=agency, sha256=described.sha256, size=described.size)
        done = await self._uploads.execute(stream, decide, intent)
        return s.UploadAttachmentResponse(sha256=described.sha256, size=described.size, position=done.position)

    async def DownloadAttachment(  # noqa: N802
        self, request: s.DownloadAttachmentRequest, _context: Any
    ) -> AsyncIterator[s.DownloadAttachmentResponse]:
        """Give a file of a document to its parties; to know a hash is no right to read it."""
        state = await self._documents.state(document.stream_of(request.document))
        if not mapping.is_party(state, self._parties.viewer) or request.sha256 not in state.attachments:
            raise refuse.unknown("sha256")
        size = await self._blobs.size(request.sha256)
        yield s.DownloadAttachmentResponse(size=size)
        async for chunk in self._blobs.read(request.sha256, request.offset):
            yield s.DownloadAttachmentResponse(chunk=chunk)
