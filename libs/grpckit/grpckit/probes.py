"""Probes: what Kubernetes asks a process, on a port of its own: its probes over gRPC speak no TLS.

Only grpc.health.v1.Health is served there, in plaintext:

    ""       SERVING once the service has started; NOT_SERVING before, while it stops, and when a follower or the log
             has failed for good: what it would answer is out of date, or it could take nothing in, and that stays so
    "live"   SERVING for as long as the event loop answers, also while the service catches up

The services' own ports tell the same as the first to whoever asks for their health.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from grpckit.listening import check_free, joined
from grpckit.server import Server

if TYPE_CHECKING:
    from types import TracebackType

_READY, _LIVE = "", "live"
_LOOK = 0.5  # seconds between two looks at what may have failed
_log = logging.getLogger(__name__)


class ProbeSettings(BaseSettings):
    """What can be set, each as an environment variable LIENTHONG_PROBES_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_PROBES_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0: no probes")


class Probed(Protocol):
    """What can fail, and whose health tells of it."""

    @property
    def servers(self) -> Sequence[Server]:
        """The servers whose health goes with it."""
        ...

    @property
    def failed(self) -> Mapping[str, BaseException]:
        """What has stopped for good, by name, with the error."""
        ...


def failures(**parts: BaseException | None) -> dict[str, BaseException]:
    """Return those that have failed."""
    return {name: error for name, error in parts.items() if error is not None}


class Probes:
    """Answers probes from its entry on, without being ready; AddressInUse or AddressNotUsable where it cannot listen.

    `ready` when the service has started, `leave` before it stops.
    """

    def __init__(self, settings: ProbeSettings, probed: Probed) -> None:
        self._settings = settings
        self._probed = probed
        self._health = health_aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._watching: asyncio.Task[None] | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        await self._tell(_LIVE, serving=True)
        await self._tell(_READY, serving=False)
        if self._settings.port:
            self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
            self.port = self._listen(self._server)
            await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()
        if self._server is not None:
            await self._server.stop(0)

    async def ready(self) -> None:
        """Say that it serves, for as long as nothing has failed."""
        await self._tell(_READY, serving=True)
        self._watching = asyncio.create_task(self._watch())

    async def leave(self) -> None:
        """Say that it serves no more; to say it twice, or before `ready`, is allowed."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        await self._tell(_READY, serving=False)

    async def _watch(self) -> None:
        while not (failed := self._probed.failed):  # noqa: ASYNC110 - threads fail, and know no event of ours
            await asyncio.sleep(_LOOK)
        _log.error("not ready any more: %s stopped for good; see why above, and start anew", ", ".join(sorted(failed)))
        await self._tell(_READY, serving=False)
        for server in self._probed.servers:
            await server.set_all_serving(serving=False)

    async def _tell(self, service: str, *, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse
        await self._health.set(service, status.SERVING if serving else status.NOT_SERVING)

    def _listen(self, server: grpc.aio.Server) -> int:
        host, port = self._settings.host, self._settings.port
        check_free(host, port)  # gRPC would not say why not
        return server.add_insecure_port(joined(host, port))
