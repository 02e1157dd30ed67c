"""The server: ordinary generated servicers behind the guard, with health and reflection.

ServerError
├── AddressInUse       another process, or another server here, listens on the address
├── AddressNotUsable   the address is not one of this machine, or the port is not allowed
└── PlaintextRefused   (at construction) calls would cross a network without TLS
MissingAccessRule      (access) a method has no valid access rule: the server is not built
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection_pb2_grpc
from grpc_reflection.v1alpha.reflection import aio as reflection_aio
from pydantic import BaseModel, ConfigDict, Field

from grpckit.access import BUILT_IN_SERVICES, AccessRule, rules_of
from grpckit.admission import Admission, WaitFor
from grpckit.guard import Guard, Handler, Limits
from grpckit.incident import Refused, log_refusal
from grpckit.signing import utc_now
from grpckit.tls import NO_TLS, ServerTls
from grpckit.verifying import Keys, Verifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from google.protobuf.descriptor import ServiceDescriptor

AddServicer = Callable[[Any, Any], None]  # a generated add_XServicer_to_server
Handlers: TypeAlias = dict[str, Handler]

_NOTICE_SECONDS = 0.1  # for watchers of health to read that the server is going down
_ABORT_SECONDS = 1.0  # for the refusals of calls that are cut to be sent
_log = logging.getLogger(__name__)


class ServerError(Exception):
    """The server cannot start."""


class AddressInUse(ServerError):
    """Another process, or another server here, listens on `address`."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is in use; stop what listens there, or choose another port")
        self.address = address


class AddressNotUsable(ServerError):
    """`address` cannot be listened on; `cause` says why."""

    def __init__(self, address: str, cause: str) -> None:
        super().__init__(f"cannot listen on {address}: {cause}")
        self.address, self.cause = address, cause


class PlaintextRefused(ServerError):
    """`address` is no loopback address, there is no TLS, and nobody allowed plaintext."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} would take calls without TLS: set LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY "
            "(or LIENTHONG_TLS_PLAINTEXT=allowed, where something else protects the network)"
        )
        self.address = address


class ServerSettings(BaseModel):
    """How a server listens and what it allows; times in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0: any free one")
    max_receive_bytes: int = Field(default=1024 * 1024, gt=0, description="of one message")
    max_send_bytes: int = Field(default=4 * 1024 * 1024, gt=0, description="of one message")
    max_calls: int = Field(default=1000, gt=0, description="served at a time")
    deadline: float = Field(default=30, gt=0, description="where the client names none")
    max_deadline: float = Field(default=120, gt=0, description="of a call without streams")
    max_stream: float = Field(default=3600, gt=0, description="of a call with a stream, also by default")
    clock_tolerance: float = Field(default=60, gt=0, description="between signing and the server's time")
    max_remembered: int = Field(default=250_000, gt=0, description="signatures kept against replay")
    connection_age: float = Field(
        default=300, gt=0, description="then a client is asked to connect anew, and so finds replicas that were added"
    )
    reflection: bool = True
    drain: float = Field(default=10, ge=0, description="for running calls to end when the server stops")


class Server:
    """A gRPC server over pairs of (generated add function, servicer); start it in a running event loop.

    `wait_for` is awaited for requests with positions in `after`; `settle_keys` for those among them of identity's log
    when a call's key is unknown. MissingAccessRule unless every method has a valid rule; PlaintextRefused where `tls`
    says so, which without one it does for every address but loopback.
    """

    def __init__(
        self,
        services: Sequence[tuple[AddServicer, Any]],
        keys: Keys,
        settings: ServerSettings | None = None,
        *,
        wait_for: WaitFor | None = None,
        settle_keys: WaitFor | None = None,
        on_refusal: Callable[[Refused], None] = log_refusal,
        clock: Callable[[], datetime] = utc_now,
        tls: ServerTls = NO_TLS,
    ) -> None:
        self.settings = settings or ServerSettings()
        self.port = 0
        self._tls = tls
        if tls.bars(self.settings.host):
            raise PlaintextRefused(_join(self.settings.host, self.settings.port))
        self._server: grpc.aio.Server | None = None
        self._health = health_aio.HealthServicer()
        self._guard = _guard(self.settings, keys, clock, (wait_for, settle_keys), on_refusal)
        found = _Collector.collect([*services, *self._built_in(services)])
        self._names = [name for name in found if name not in BUILT_IN_SERVICES]
        self._handlers = _wrapped(self._guard, found)

    @property
    def address(self) -> str:
        """Where it listens, as clients dial it; the port is known once it has started."""
        return _join(self.settings.host, self.port)

    async def start(self) -> None:
        """Listen and serve; AddressInUse or AddressNotUsable when the address is not to be had."""
        server = grpc.aio.server(options=self._options())
        for service, handlers in self._handlers.items():
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
            server.add_registered_method_handlers(service, handlers)
        self.port = self._listen(server)
        self._server = server
        if self._tls.exposes(self.settings.host):
            _log.warning("%s takes calls without TLS, as LIENTHONG_TLS_PLAINTEXT allows", self.address)
        for name in self._names:
            await self.set_serving(name, serving=True)
        await server.start()

    async def set_serving(self, service: str, *, serving: bool) -> None:
        """Set what health tells of a service (its full name; "" is the server as a whole)."""
        status = health_pb2.HealthCheckResponse
        await self._health.set(service, status.SERVING if serving else status.NOT_SERVING)

    async def set_all_serving(self, *, serving: bool) -> None:
        """Set what health tells of the server as a whole and of each of its services."""
        for name in ("", *self._names):
            await self.set_serving(name, serving=serving)

    async def stop(self) -> None:
        """Tell health, refuse new calls, let running ones end within the drain time, then cut them. Idempotent."""
        server, self._server = self._server, None
        if server is None:
            return
        await self._health.enter_graceful_shutdown()
        drain = self.settings.drain
        stopped = asyncio.create_task(server.stop(drain + _ABORT_SECONDS))
        await asyncio.wait({stopped}, timeout=min(_NOTICE_SECONDS, drain))
        self._guard.cut_built_in()
        await asyncio.wait({stopped}, timeout=max(drain - _NOTICE_SECONDS, 0))
        self._guard.cut()
        await stopped

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, ended.set)
        try:
            async with self:
                await ended.wait()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _built_in(self, services: Sequence[tuple[AddServicer, Any]]) -> list[tuple[AddServicer, Any]]:
        built_in: list[tuple[AddServicer, Any]] = [(health_pb2_grpc.add_HealthServicer_to_server, self._health)]
        if self.settings.reflection:
            names = [*_Collector.collect(services), *BUILT_IN_SERVICES]
            servicer = reflection_aio.ReflectionServicer(names)
            built_in.append((reflection_pb2_grpc.add_ServerReflectionServicer_to_server, servicer))
        return built_in

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self.settings.max_receive_bytes),
            ("grpc.max_send_message_length", self.settings.max_send_bytes),
            ("grpc.so_reuseport", 0),  # two servers on one port would each get some of the calls
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 20_000),
            ("grpc.keepalive_time_ms", 60_000),
            # calls go on, new ones open a new connection, to whichever replica there is by then
            ("grpc.max_connection_age_ms", int(self.settings.connection_age * 1000)),
        ]

    def _listen(self, server: grpc.aio.Server) -> int:
        address = _join(self.settings.host, self.settings.port)
        if self.settings.port and isinstance(taken := _why_not(self.settings.host, self.settings.port), AddressInUse):
            raise taken  # before gRPC finds out, which would write a line of its own
        try:
            credentials = self._tls.credentials()
            if credentials is None:
                return server.add_insecure_port(address)
            return server.add_secure_port(address, credentials)
        except RuntimeError:  # gRPC does not tell why
            raise _why_not(self.settings.host, self.settings.port) from None


def _guard(
    settings: ServerSettings,
    keys: Keys,
    clock: Callable[[], datetime],
    waits: tuple[WaitFor | None, WaitFor | None],
    on_refusal: Callable[[Refused], None],
) -> Guard:
    tolerance = timedelta(seconds=settings.clock_tolerance)
    verifier = Verifier(clock, tolerance, settings.max_remembered)
    admission = Admission(keys, verifier, settings.deadline, *waits)
    limits = Limits(settings.deadline, settings.max_deadline, settings.max_stream, settings.max_calls)
    return Guard(admission, limits, on_refusal)


class _Collector:
    """Stands in for a server while generated add functions register their handlers."""

    def __init__(self) -> None:
        self.found: dict[str, Handlers] = {}

    @classmethod
    def collect(cls, services: Sequence[tuple[AddServicer, Any]]) -> dict[str, Handlers]:
        collector = cls()
        for add, servicer in services:
            add(servicer, collector)
        return collector.found

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Pass over: the same handlers come by name."""

    def add_registered_method_handlers(self, service: str, handlers: Handlers) -> None:
        self.found[service] = handlers


def _wrapped(guard: Guard, found: Mapping[str, Handlers]) -> dict[str, Handlers]:
    pool = descriptor_pool.Default()
    services: list[ServiceDescriptor] = [pool.FindServiceByName(name) for name in found]
    rules: dict[str, AccessRule] = rules_of(services)
    return {
        service.full_name: {
            name: guard.wrap(service.methods_by_name[name], rules[f"/{service.full_name}/{name}"], handler)
            for name, handler in found[service.full_name].items()
        }
        for service in services
    }


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _why_not(host: str, port: int) -> ServerError:
    address = _join(host, port)
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return AddressNotUsable(address, "gRPC could not bind it")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return AddressInUse(address)
        return AddressNotUsable(address, error.strerror or str(error))
