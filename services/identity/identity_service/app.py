"""The composition root: the only place that builds adapters.

    app = build(settings, topic)    opens log and views; nothing runs yet
    await app.start()               first start: the operator's key; then followers, then the server
    await app.stop()                the server drains, the followers end, the log answers what waits and closes

`serve` is the service alone, on the engines that are configured, until SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from decider.executor import Executor
from directory.following import Following
from eventlog.engines import Engines
from eventlog.own_log import OwnLog
from grpckit.log_service import LogService
from grpckit.probes import failures
from grpckit.process import serve_until_ended
from grpckit.server import AddServicer, Server
from grpckit.signing import utc_now
from grpckit.tls import NO_TLS, ServerTls
from lienthong.identity.v1 import agency_service_pb2_grpc, system_service_pb2_grpc
from lienthong.log.v1 import log_service_pb2_grpc
from lienthong.views.v1 import views_service_pb2_grpc
from views.runtime import Followed, Views
from views.servicer import ViewsService

from identity_service.agency import AGENCY
from identity_service.answering import Answering
from identity_service.bootstrap import enrol_operator
from identity_service.commands import AgencyCommands, SystemCommands
from identity_service.queries import AgencyQueries, SystemQueries
from identity_service.system import SYSTEM
from identity_service.views.agencies import AGENCIES
from identity_service.views.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from directory.directory import Directory
    from eventlog.engines import EngineSettings
    from eventlog.topic import Topic
    from grpckit.tls import TlsSettings
    from lienthong.identity.v1.agency_pb2 import Agency
    from lienthong.identity.v1.system_pb2 import System
    from lienthong.log.v1.record_pb2 import Position

    from identity_service.settings import Settings

LOG = "identity"
VIEWS = (AGENCIES, SYSTEMS)
_FILES = Engines()
_CATCH_UP_SECONDS = 60.0


class _AgencyService(AgencyCommands, AgencyQueries, agency_service_pb2_grpc.AgencyServiceServicer):
    """AgencyService, whole."""

    def __init__(self, agencies: Executor[Agency], answering: Answering, views: Views) -> None:
        AgencyCommands.__init__(self, agencies, answering)
        AgencyQueries.__init__(self, views)


class _SystemService(SystemCommands, SystemQueries, system_service_pb2_grpc.SystemServiceServicer):
    """SystemService, whole."""

    def __init__(
        self, systems: Executor[System], answering: Answering, views: Views, clock: Callable[[], datetime]
    ) -> None:
        SystemCommands.__init__(self, systems, answering, clock)
        SystemQueries.__init__(self, views)


class IdentityApp:
    """The running service; make it with `build`. Start and stop it in the same event loop, once."""

    def __init__(
        self,
        settings: Settings,
        log: OwnLog,
        views: Views,
        following: Following,
        systems: Executor[System],
        server: Server,
    ) -> None:
        self.log = log
        self.views = views
        self._settings = settings
        self._following = following
        self._systems = systems
        self._server = server

    @property
    def directory(self) -> Directory:
        """Who is who, as this process has folded it."""
        return self._following.directory

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
        return self.views.failed | failures(log=self.log.store.failed, directory=self._following.failed)

    async def start(self) -> None:
        """Begin to serve; whatever it raises, nothing of it is left running."""
        try:
            chosen = self._settings
            await enrol_operator(self._systems, chosen.operator_key, chosen.operator_public_key)
            self.log.start()
            self._following.start()
            self.views.start()
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                await self._following.caught_up(await asyncio.to_thread(self.log.store.heads))
            await self._server.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Answer what was accepted, then end: server, followers, log, in this order. To stop twice is allowed."""
        await self._server.stop()
        await asyncio.gather(asyncio.to_thread(self.views.stop), asyncio.to_thread(self._following.stop))
        await asyncio.to_thread(self.log.close)


def build(
    settings: Settings,
    topic: Topic,
    *,
    engines: Engines = _FILES,
    clock: Callable[[], datetime] = utc_now,
    tls: ServerTls = NO_TLS,
) -> IdentityApp:
    """Open what the service needs in its data folder, which is made where it is missing.

    The topic stays the caller's, to be closed after `stop`. StoreMismatch when the folder holds another log.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    log = engines.open_log(settings.data, LOG, settings.partitions, topic)
    views = Views(engines.views_url(settings.data, LOG), VIEWS, [Followed(log.source, log.store.heads)])
    following = Following(log.source)
    systems = Executor(SYSTEM, log.store, log.writer)

    async def wait_for(positions: Sequence[Position]) -> None:
        await views.wait(positions)
        await following.wait(positions)

    services = _services(log, views, following, systems, clock)
    server = Server(
        services,
        following.directory,
        settings.server,
        wait_for=wait_for,
        settle_keys=following.wait,
        clock=clock,
        tls=tls,
    )
    return IdentityApp(settings, log, views, following, systems, server)


async def serve(settings: Settings, engine_settings: EngineSettings, tls_settings: TlsSettings) -> None:
    """Run the service alone until SIGTERM or SIGINT."""
    tls = tls_settings.open()
    settings.data.mkdir(parents=True, exist_ok=True)
    topic = engine_settings.open_topic(settings.data, LOG)
    try:
        await serve_until_ended(LOG, build(settings, topic, engines=engine_settings.engines, tls=tls))
    finally:
        topic.close()


def _services(
    log: OwnLog, views: Views, following: Following, systems: Executor[System], clock: Callable[[], datetime]
) -> list[tuple[AddServicer, object]]:
    answering = Answering(log.store, following)
    agencies = _AgencyService(Executor(AGENCY, log.store, log.writer), answering, views)
    logs = LogService(log.store, log.writer.committed.reached)
    return [
        (agency_service_pb2_grpc.add_AgencyServiceServicer_to_server, agencies),
        (system_service_pb2_grpc.add_SystemServiceServicer_to_server, _SystemService(systems, answering, views, clock)),
        (log_service_pb2_grpc.add_LogServiceServicer_to_server, logs),
        (views_service_pb2_grpc.add_ViewsServiceServicer_to_server, ViewsService(views, log.store.read_stream)),
    ]
