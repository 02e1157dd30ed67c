from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpckit.call import current_call
from grpckit.retries import NO_RETRIES
from grpckit.server import AddressInUse, AddressNotUsable, Server, ServerSettings
from grpckit.tls import ServerTls
from lienthong.log.v1 import record_pb2
from pydantic import ValidationError

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Slow:
    """An answer that waits to be let go; tells when it was begun and how it ended."""

    def __init__(self, world: Any) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.end = ""
        self._world = world

    async def __call__(self, request: Any) -> Any:
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.end = "cancelled"
            raise
        self.end = "answered"
        return self._world.messages.EchoResponse(text=request.text)


async def test_a_running_call_ends_before_the_server_stops(world: Any) -> None:
    slow = world.servicer.answer = Slow(world)
    async with world.serving(settings={"drain": 5}):
        call = asyncio.create_task(world.call())
        await slow.begun.wait()
        stop = asyncio.create_task(world.server.stop())
        await asyncio.sleep(0.05)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.call(retries=NO_RETRIES)
        slow.go.set()
        assert (await call).text == "xin chào"
        await asyncio.wait_for(stop, 2)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_call_that_outlasts_the_drain_is_told_that_the_server_stops(world: Any) -> None:
    slow = world.servicer.answer = Slow(world)
    async with world.serving(settings={"drain": 0.2}):
        call = asyncio.create_task(world.refusal(retries=NO_RETRIES))
        await slow.begun.wait()
        await world.server.stop()
        refusal = await call
    assert (refusal.kind, refusal.reason) == (Kind.UNAVAILABLE, "SERVER_STOPPING")
    assert slow.end == "cancelled"


async def test_a_cancelled_call_is_cancelled_in_the_servicer(world: Any) -> None:
    slow = world.servicer.answer = Slow(world)
    async with world.serving():
        call = asyncio.create_task(world.call())
        await slow.begun.wait()
        call.cancel()
        await asyncio.sleep(0.2)
    assert slow.end == "cancelled"


async def test_the_clients_deadline_ends_the_call_on_both_sides(world: Any) -> None:
    slow = world.servicer.answer = Slow(world)
    async with world.serving():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.call(timeout=0.2)
        await asyncio.sleep(0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert slow.end == "cancelled"


async def test_a_call_without_a_deadline_gets_the_servers(world: Any) -> None:
    world.servicer.answer = Slow(world)
    body = world.request().SerializeToString()
    async with world.serving(settings={"deadline": 0.1}):
        with pytest.raises(grpc.aio.AioRpcError):
            await world.raw("Echo", body, world.signed("Echo", body), timeout=None)
    assert [one.reason for one in world.refused] == ["CALL_TOO_LONG"]


async def test_no_call_takes_longer_than_the_server_allows(world: Any) -> None:
    world.servicer.answer = Slow(world)
    async with world.serving(settings={"max_deadline": 0.1}):
        refusal = await world.refusal(timeout=60)
    assert (refusal.kind, refusal.reason) == (Kind.TOO_LATE, "CALL_TOO_LONG")


async def test_a_timeout_of_the_servicers_own_is_a_fault_not_a_deadline(world: Any) -> None:
    async def answer(request: Any) -> Any:
        del request
        raise TimeoutError

    world.servicer.answer = answer
    async with world.serving():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.call(timeout=600)
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_calls_beyond_the_limit_are_refused_and_told_when_to_come_back(world: Any) -> None:
    slow = world.servicer.answer = Slow(world)
    async with world.serving(settings={"max_calls": 1}):
        call = asyncio.create_task(world.call())
        await slow.begun.wait()
        refusal = await world.refusal(retries=NO_RETRIES)
        slow.go.set()
        await call
    assert (refusal.kind, refusal.reason) == (Kind.BUSY, "BUSY")
    assert refusal.retry_after is not None


async def test_a_request_waits_for_the_positions_that_it_must_see(world: Any) -> None:
    seen: list[int] = []

    async def wait_for(positions: Any) -> None:
        seen.extend(one.position for one in positions)

    after = [record_pb2.Position(log="identity", position=3), record_pb2.Position(log="dossier", position=9)]
    async with world.serving(wait_for=wait_for):
        await world.call(request=world.request(after=after))
        await world.call()
    assert seen == [3, 9]


async def test_positions_that_are_not_reached_in_time_refuse_the_call(world: Any) -> None:
    async def wait_for(positions: Any) -> None:
        del positions
        await asyncio.sleep(60)

    async with world.serving(wait_for=wait_for):
        request = world.request(after=[record_pb2.Position(log="dossier", position=9)])
        refusal = await world.refusal(request=request, timeout=1)
    assert (refusal.kind, refusal.reason) == (Kind.TOO_LATE, "POSITION_NOT_REACHED")


async def test_a_waiters_own_refusal_reaches_the_caller(world: Any) -> None:
    async def wait_for(positions: Any) -> None:
        del positions
        raise Refusal(Kind.INVALID, "LOG_UNKNOWN", en="No such log.", vi="Không có nhật ký này.")

    async with world.serving(wait_for=wait_for):
        request = world.request(after=[record_pb2.Position(log="x")])
        assert (await world.refusal(request=request)).reason == "LOG_UNKNOWN"


async def test_clients_are_asked_to_connect_anew_and_no_call_suffers(world: Any) -> None:
    ports, long_ones = set(), 0
    go_on = asyncio.Event()

    async def echo(request: Any, context: Any) -> Any:
        nonlocal long_ones
        ports.add(context.peer())
        if request.text == "hai":
            long_ones += 1
            await go_on.wait()
        return world.messages.EchoResponse(text=request.text)

    world.servicer.Echo = echo
    async with world.serving(settings={"connection_age": 0.2}), world.connect() as channel:
        stub = world.stub(channel)  # it sends again what it began on a connection that was being closed
        long = asyncio.ensure_future(stub.Echo(world.request("hai")))
        async with asyncio.timeout(20):
            while len(ports) < 3:
                assert (await stub.Echo(world.request())).text == "xin chào"
        go_on.set()
        assert (await long).text == "hai"
    assert long_ones == 1


async def test_health_tells_of_the_server_and_of_each_service(world: Any) -> None:
    async with world.serving(), world.connect_unsigned() as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        for name in ("", "grpckit.echo.v1.EchoService"):
            request = health_pb2.HealthCheckRequest(service=name)
            assert (await health.Check(request)).status == SERVING
        await world.server.set_serving("grpckit.echo.v1.EchoService", serving=False)
        assert (await health.Check(request)).status == NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health.Check(health_pb2.HealthCheckRequest(service="x"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_watcher_of_health_learns_that_the_server_stops_and_does_not_hold_it(world: Any) -> None:
    async with world.serving(settings={"drain": 30}), world.connect_unsigned() as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest())
        assert (await anext(watch)).status == SERVING
        stop = asyncio.create_task(world.server.stop())
        assert (await anext(watch)).status == NOT_SERVING
        await asyncio.wait_for(stop, 5)


async def test_reflection_lists_the_services(world: Any) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async with world.serving(), world.connect_unsigned() as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = stub.ServerReflectionInfo([request])
        answer = await anext(call)
        call.cancel()
    names = {service.name for service in answer.list_services_response.service}
    assert {"grpckit.echo.v1.EchoService", "grpc.health.v1.Health"} <= names


async def test_reflection_can_be_switched_off(world: Any) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async with world.serving(settings={"reflection": False}), world.connect_unsigned() as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = stub.ServerReflectionInfo([request])
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(call)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_address_in_use_is_named(world: Any) -> None:
    async with world.serving():
        second = Server([], world.keys, ServerSettings(port=world.server.port))
        with pytest.raises(AddressInUse, match=f"127.0.0.1:{world.server.port} is in use"):
            await second.start()


async def test_an_address_of_another_machine_is_not_usable(world: Any) -> None:
    with pytest.raises(AddressNotUsable, match=r"192\.0\.2\.1"):
        await Server([], world.keys, ServerSettings(host="192.0.2.1"), tls=ServerTls(plaintext="allowed")).start()


async def test_a_server_runs_until_it_is_told_to_end(world: Any) -> None:
    server = Server([], world.keys)
    running = asyncio.create_task(server.run())
    await asyncio.sleep(0.2)
    assert server.port
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 5)
    await server.stop()  # again: nothing to do


async def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValidationError):
        ServerSettings(port=70_000)
    with pytest.raises(ValidationError):
        ServerSettings(max_calls=0)


def test_there_is_no_current_call_outside_of_one() -> None:
    with pytest.raises(LookupError):
        current_call()
