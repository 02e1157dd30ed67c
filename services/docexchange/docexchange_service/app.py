"""The composition root: the only place that builds adapters.

    app = build(settings, topic)    opens log, views and blobs; nothing runs yet
    await app.start()               followers, the process, then the server
    await app.stop()                the server drains, the followers end, the log answers what waits and closes

`serve` is the service alone, on the engines that are configured, until SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.x509 import load_pem_x509_certificates
from decider.executor import Executor
from directory.following import LOG as IDENTITY
from directory.following import Following
from eventlog.engines import Engines
from eventlog.follower import Follower
from eventlog.marks import Marks
from eventlog.own_log import OwnLog
from grpckit.log_service import LogService
from grpckit.probes import failures
from grpckit.process import serve_until_ended
from grpckit.server import Server
from grpckit.signing import utc_now
from grpckit.tls import NO_TLS, ServerTls
from lienthong.docexchange.v1 import (
    attachment_service_pb2_grpc,
    document_service_pb2_grpc,
    edxml_service_pb2_grpc,
    mailbox_service_pb2_grpc,
)
from lienthong.log.v1 import log_service_pb2_grpc
from lienthong.views.v1 import views_service_pb2_grpc
from vietnam.edxml import Limits
from views.runtime import Followed, Views
from views.servicer import ViewsService

from docexchange_service.attachment import ATTACHMENT
from docexchange_service.attachments import Attachments
from docexchange_service.blobs import Blobs, open_blobs
from docexchange_service.commands import DocumentCommands
from docexchange_service.document import DOCUMENT, Document
from docexchange_service.edxml.servicer import Edxml, EdxmlSettings
from docexchange_service.mailbox import Mailbox
from docexchange_service.parties import Parties
from docexchange_service.processes import replacement
from docexchange_service.push import InboxPush
from docexchange_service.sending import Sending
from docexchange_service.views import VIEWS

if TYPE_CHECKING:
    from datetime import datetime

    from directory.directory import Directory
    from eventlog.engines import EngineSettings
    from eventlog.topic import Topic
    from grpckit.tls import TlsSettings
    from lienthong.log.v1.record_pb2 import Position

    from docexchange_service.settings import Settings

LOG = "docexchange"
_FILES = Engines()
_CATCH_UP_SECONDS = 60.0


@dataclass(frozen=True)
class _Parts:
    """What the servicers share."""

    log: OwnLog
    views: Views
    following: Following
    documents: Executor[Document]
    uploads: Executor[int | None]
    blobs: Blobs
    push: InboxPush
    identity_heads: Callable[[], Sequence[int]]
    marks_url: str
    clock: Callable[[], datetime]


class DocexchangeApp:
    """The running service; make it with `build`. Start and stop it in the same event loop, once."""

    def __init__(self, settings: Settings, parts: _Parts, server: Server) -> None:
        self.log = parts.log
        self.views = parts.views
        self._parts = parts
        self._server = server
        self._marks = Marks(parts.marks_url, replacement.NAME, LOG, settings.partitions)
        self._loop: asyncio.AbstractEventLoop | None = None
        process = replacement.ReplacementProcess(parts.documents, self._marks, self._running_loop)
        self._process = Follower(replacement.NAME, parts.log.source, process, batch=500)

    @property
    def directory(self) -> Directory:
        """Who is who, as this process has folded it."""
        return self._parts.following.directory

    @property
    def address(self) -> str:
        """Where it listens, as clients dial it; known once it has started."""
        return self._server.address

    @property
    def servers(self) -> Sequence[Server]:
        """The servers whose health goes with the service's."""
        return (self._server,)

    @property
    def failed(self) -> Mapping[str, BaseException]:
        """What has stopped for good, with the error."""
        parts = failures(
            log=self.log.store.failed, directory=self._parts.following.failed, replacement=self._process.failed
        )
        return self.views.failed | parts

    async def folded(self, position: Position) -> None:
        """Wait until the directory has folded a record of identity's log."""
        await self._parts.following.wait([position])

    async def start(self) -> None:
        """Begin to serve; whatever it raises, nothing of it is left running."""
        self._loop = asyncio.get_running_loop()
        try:
            self.log.start()
            self._parts.following.start()
            self.views.start()
            self._process.start()
            self._parts.push.start()
            heads = await asyncio.to_thread(self._parts.identity_heads)
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                await self._parts.following.caught_up(heads)
            await self._server.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the subscriptions, answer what was accepted, then end: server, followers, log, in this order."""
        await self._parts.push.stop()
        await self._server.stop()
        await asyncio.gather(
            asyncio.to_thread(self._process.stop),
            asyncio.to_thread(self.views.stop),
            asyncio.to_thread(self._parts.following.stop),
        )
        await asyncio.to_thread(self.log.close)
        self._marks.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the process runs only after start")
        return self._loop


def build(
    settings: Settings,
    topic: Topic,
    *,
    engines: Engines = _FILES,
    identity_heads: Callable[[], Sequence[int]] | None = None,
    clock: Callable[[], datetime] = utc_now,
    tls: ServerTls = NO_TLS,
) -> DocexchangeApp:
    """Open what the service needs in its data folder, which is made where it is missing.

    It serves once its directory has folded identity's log up to `identity_heads`: what the topic holds, unless whoever
    knows better says so (a topic that has lost its end would let in a key whose revocation it has lost).
    The topic stays the caller's, to be closed after `stop`. StoreMismatch when the folder holds another log.
    """
    settings.spool.mkdir(parents=True, exist_ok=True)
    log = engines.open_log(settings.data, LOG, settings.partitions, topic)
    for left in settings.spool.iterdir():  # by a run that was killed
        left.unlink()
    views = Views(engines.views_url(settings.data, LOG), VIEWS, [Followed(log.source, log.store.heads)])
    following = Following(topic.source(IDENTITY, settings.identity_partitions))
    parts = _Parts(
        log=log,
        views=views,
        following=following,
        documents=Executor(DOCUMENT, log.store, log.writer),
        uploads=Executor(ATTACHMENT, log.store, log.writer),
        blobs=open_blobs(settings.blobs or settings.data / "blobs"),
        push=InboxPush(views, following.directory, settings.partitions, log.store.read),
        identity_heads=identity_heads or partial(topic.heads, IDENTITY, settings.identity_partitions),
        marks_url=engines.marks_url(settings.data, LOG),
        clock=clock,
    )
    return DocexchangeApp(settings, parts, _server(settings, parts, tls))


async def serve(settings: Settings, engine_settings: EngineSettings, tls_settings: TlsSettings) -> None:
    """Run the service alone until SIGTERM or SIGINT."""
    tls = tls_settings.open()
    settings.data.mkdir(parents=True, exist_ok=True)
    topic = engine_settings.open_topic(settings.data, LOG)
    try:
        await serve_until_ended(LOG, build(settings, topic, engines=engine_settings.engines, tls=tls))
    finally:
        topic.close()


def _server(settings: Settings, parts: _Parts, tls: ServerTls) -> Server:
    async def wait_for(positions: Sequence[Position]) -> None:
        await parts.views.wait([each for each in positions if each.log != IDENTITY])
        await parts.following.wait(positions)

    return Server(
        _services(settings, parts),
        parts.following.directory,
        settings.server,
        wait_for=wait_for,
        settle_keys=parts.following.wait,
        clock=parts.clock,
        tls=tls,
    )


def _services(settings: Settings, parts: _Parts) -> list[tuple[Callable[[Any, Any], None], Any]]:
    directory = parts.following.directory
    parties = Parties(directory)
    sending = Sending(parts.documents, parts.uploads, parties, parts.clock)
    attachments = Attachments(
        parts.documents, parts.uploads, parts.blobs, parties, settings.spool, settings.max_attachment_bytes
    )
    edxml = Edxml(sending, parts.blobs, _edxml_settings(settings), _namer(directory))
    return [
        (document_service_pb2_grpc.add_DocumentServiceServicer_to_server, DocumentCommands(sending)),
        (
            mailbox_service_pb2_grpc.add_MailboxServiceServicer_to_server,
            Mailbox(parts.views, parts.documents, parties, parts.push),
        ),
        (attachment_service_pb2_grpc.add_AttachmentServiceServicer_to_server, attachments),
        (edxml_service_pb2_grpc.add_EdxmlServiceServicer_to_server, edxml),
        (
            log_service_pb2_grpc.add_LogServiceServicer_to_server,
            LogService(parts.log.store, parts.log.writer.committed.reached),
        ),
        (
            views_service_pb2_grpc.add_ViewsServiceServicer_to_server,
            ViewsService(parts.views, parts.log.store.read_stream),
        ),
    ]


def _edxml_settings(settings: Settings) -> EdxmlSettings:
    pem = settings.trusted_certificates
    return EdxmlSettings(
        spool=settings.spool,
        limits=Limits(message_bytes=settings.max_message_bytes, attachment_bytes=settings.max_attachment_bytes),
        signature_bytes=settings.max_signature_bytes,
        trusted=load_pem_x509_certificates(pem.read_bytes()) if pem else (),
    )


def _namer(directory: Directory) -> Callable[[str], str]:
    def name(code: str) -> str:
        entry = directory.agency(code)
        return entry.display_name if entry else ""

    return name
