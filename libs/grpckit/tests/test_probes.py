"""What Kubernetes is told of a process: that it lives, and whether it is ready."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpckit import probes as probes_module
from grpckit.probes import Probes, ProbeSettings
from grpckit.server import AddressInUse, AddressNotUsable, Server

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Service:
    """What can fail, over servers."""

    def __init__(self, *servers: Server) -> None:
        self.servers: Sequence[Server] = servers
        self.failed: dict[str, BaseException] = {}


@pytest.fixture
def port() -> int:
    """Give a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes_module, "_LOOK", 0.01)


@asynccontextmanager
async def asking(address: str) -> AsyncIterator[Any]:
    """Give what asks for the health of a service."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def ask(service: str) -> Any:
            return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status

        yield ask


async def until(ask: Any, service: str, status: Any) -> None:
    async with asyncio.timeout(10):
        while await ask(service) != status:  # noqa: ASYNC110 - another process could not tell us either
            await asyncio.sleep(0.01)


async def test_it_lives_from_the_beginning_and_is_ready_from_start_to_stop(port: int) -> None:
    async with Probes(ProbeSettings(port=port), Service()) as probes, asking(f"127.0.0.1:{port}") as ask:
        assert (await ask("live"), await ask("")) == (SERVING, NOT_SERVING)
        await probes.ready()
        assert (await ask("live"), await ask("")) == (SERVING, SERVING)
        await probes.leave()
        await probes.leave()
        assert (await ask("live"), await ask("")) == (SERVING, NOT_SERVING)


async def test_what_fails_for_good_is_not_ready_at_either_port_and_lives_on(world: Any, port: int) -> None:
    async with world.serving():
        service = Service(world.server)
        async with (
            Probes(ProbeSettings(port=port), service) as probes,
            asking(f"127.0.0.1:{port}") as ask,
            asking(world.server.address) as ask_service,
        ):
            await probes.ready()
            assert await ask_service("grpckit.echo.v1.EchoService") == SERVING
            service.failed["views"] = ValueError("gap")
            await until(ask, "", NOT_SERVING)
            await until(ask_service, "grpckit.echo.v1.EchoService", NOT_SERVING)
            assert await ask_service("") == NOT_SERVING
            assert await ask("live") == SERVING


async def test_without_a_port_nothing_listens_and_the_services_port_tells_all_the_same(world: Any) -> None:
    async with world.serving():
        service = Service(world.server)
        async with Probes(ProbeSettings(), service) as probes, asking(world.server.address) as ask:
            await probes.ready()
            assert probes.port == 0
            service.failed["directory"] = ValueError("gap")
            await until(ask, "", NOT_SERVING)


async def test_a_port_that_is_not_to_be_had_is_named(world: Any) -> None:
    async with world.serving():
        with pytest.raises(AddressInUse, match=str(world.server.port)):
            await Probes(ProbeSettings(port=world.server.port), Service()).__aenter__()
    with pytest.raises(AddressNotUsable, match=r"192\.0\.2\.1"):
        await Probes(ProbeSettings(host="192.0.2.1", port=7080), Service()).__aenter__()
