from __future__ import annotations

import asyncio
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from grpckit.client import connect
from grpckit.retries import Retries
from grpckit.signing import KeyFileError, Signer, key_id_of
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

FAST = Retries(attempts=3, first=0.01)


class Failing:
    """Refuses the first calls, then answers; remembers the signature of each."""

    def __init__(self, world: Any, *refusals: Refusal) -> None:
        self.refusals = list(refusals)
        self.signatures: list[bytes] = []
        self._answer = world.servicer.answer

    async def __call__(self, request: Any) -> Any:
        answer = await self._answer(request)
        self.signatures.append(answer.origin.signature.signature)
        if self.refusals:
            raise self.refusals.pop(0)
        return answer


def refusal(kind: Kind, retry_after: timedelta | None = None) -> Refusal:
    return Refusal(kind, "NOT_YET", en="Not yet.", vi="Chưa được.", retry_after=retry_after)


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.CONFLICT])
async def test_a_call_is_tried_again_and_signed_anew_each_time(world: Any, kind: Kind) -> None:
    failing = world.servicer.answer = Failing(world, refusal(kind), refusal(kind))
    async with world.serving():
        assert await world.call(retries=FAST)
    assert len(failing.signatures) == len(set(failing.signatures)) == 3


async def test_a_busy_server_is_tried_again_after_the_time_it_names(world: Any) -> None:
    wait = timedelta(milliseconds=300)
    failing = world.servicer.answer = Failing(world, refusal(Kind.BUSY, wait))
    start = asyncio.get_running_loop().time()
    async with world.serving():
        assert await world.call(retries=FAST)
    assert asyncio.get_running_loop().time() - start >= wait.total_seconds()
    assert len(failing.signatures) == 2


@pytest.mark.parametrize("first", [refusal(Kind.BUSY), refusal(Kind.NOT_NOW), refusal(Kind.BUSY, timedelta(minutes=1))])
async def test_a_call_is_not_tried_again_where_that_is_of_no_use(world: Any, first: Refusal) -> None:
    failing = world.servicer.answer = Failing(world, first)
    async with world.serving():
        assert (await world.refusal(retries=FAST)).reason == "NOT_YET"
    assert len(failing.signatures) == 1


@pytest.mark.parametrize(
    ("code", "again"),
    [(grpc.StatusCode.CANCELLED, True), (grpc.StatusCode.INTERNAL, False), (grpc.StatusCode.DEADLINE_EXCEEDED, False)],
)
def test_a_call_that_a_server_dropped_as_it_ended_is_tried_again(code: grpc.StatusCode, again: bool) -> None:  # noqa: FBT001
    assert (FAST.pause(1, code, None) is not None) is again


async def test_tries_come_to_an_end(world: Any) -> None:
    failing = world.servicer.answer = Failing(world, *[refusal(Kind.UNAVAILABLE)] * 9)
    async with world.serving():
        assert (await world.refusal(retries=FAST)).reason == "NOT_YET"
    assert len(failing.signatures) == 3


async def test_a_stream_of_answers_is_tried_again_before_its_first_message(world: Any) -> None:
    failing = world.servicer.answer = Failing(world, refusal(Kind.UNAVAILABLE))
    async with world.serving(), world.connect(retries=FAST) as channel:
        stub = world.stub(channel)
        assert [one.text async for one in stub.Repeat(world.request("một hai"))] == ["một", "hai"]
    assert len(set(failing.signatures)) == 2


async def test_a_stream_of_answers_is_not_begun_again(world: Any) -> None:
    texts: list[str] = []

    async def answer(request: Any) -> Any:
        texts.append(request.text)
        if request.text == "hai":
            raise refusal(Kind.UNAVAILABLE)
        return world.messages.EchoResponse()

    world.servicer.answer = answer
    async with world.serving(), world.connect(retries=FAST) as channel:
        answers = world.stub(channel).Repeat(world.request("một hai"))
        await anext(answers)
        with pytest.raises(Refusal):
            await anext(answers)
    assert texts == ["một", "hai"]


async def test_a_server_that_comes_up_late_is_found(world: Any) -> None:
    async with world.serving():
        port = world.server.port

    async def later() -> Any:
        await asyncio.sleep(0.3)
        async with world.serving(settings={"port": port}):
            return await call

    many = Retries(attempts=50, first=0.05, longest=0.1)
    async with connect(f"127.0.0.1:{port}", world.signer, retries=many) as channel:
        call = asyncio.ensure_future(world.stub(channel).Echo(world.request()))
        assert (await later()).text == "xin chào"


async def test_a_server_that_is_not_there_gives_the_error_of_grpc(world: Any) -> None:
    async with world.serving():
        address = world.server.address
    async with connect(address, world.signer, retries=FAST) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.stub(channel).Echo(world.request())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_trace_of_the_caller_is_carried_into_the_cause(world: Any) -> None:
    span = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1)))
    async with world.serving():
        with trace.use_span(span):
            traced = await world.call()
        plain = await world.call()
    assert traced.cause.traceparent == f"00-{0xABC:032x}-{0xDEF:016x}-01"
    assert plain.cause.traceparent == ""
    assert len(plain.cause.correlation_id) == 32


@pytest.mark.parametrize("value", ["nonsense", f"00-{0:032x}-{1:016x}-01", f"00-{1:032x}-{0:016x}-01"])
async def test_a_traceparent_that_is_none_is_dropped(world: Any, value: str) -> None:
    async with world.serving(), world.connect() as channel:
        answer = await world.stub(channel).Echo(world.request(), metadata=(("traceparent", value),))
    assert answer.cause.traceparent == ""


async def test_the_correlation_id_is_the_request_id(world: Any) -> None:
    request_id = "0b7c2f6e-6d0e-4d2e-8f4d-0d6a3f1c9b11"
    async with world.serving():
        answer = await world.call(request=world.request(request_id=request_id))
    assert answer.cause.correlation_id == request_id


def test_a_key_is_saved_for_its_owner_only_and_read_back(tmp_path: Path) -> None:
    signer = Signer.generate("h41-qlvb")
    signer.save(tmp_path / "key.json")
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600
    again = Signer.from_file(tmp_path / "key.json")
    assert (again.system, again.public_key) == ("h41-qlvb", signer.public_key)
    assert again.key_id == key_id_of("h41-qlvb", signer.public_key)
    with pytest.raises(KeyFileError, match="cannot be written"):
        signer.save(tmp_path / "key.json")


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    Signer.generate("h41-qlvb").save(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Signer.from_file(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"[]",
        b"{}",
        b'{"system": "x", "private_key": "%"}',
        b'{"system": "x", "private_key": "AAAA"}',
        b'{"system": 5, "private_key": "' + b"A" * 43 + b'="}',
        b'{"system": "x", "private_key": "' + b"A" * 43 + b'=", "key_id": "other"}',
    ],
)
def test_a_file_that_is_no_key_file_is_refused_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"key file|key_id does not belong") as caught:
        Signer.from_file(path)
    assert "AAAA" not in str(caught.value)


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"key\.json cannot be read"):
        Signer.from_file(tmp_path / "key.json")


def test_a_signer_does_not_show_its_key() -> None:
    seed = b"s" * 32
    assert "s" * 5 not in repr(Signer("x", seed)) + str(Signer("x", seed))
    with pytest.raises(ValueError, match="32 bytes"):
        Signer("x", b"short")
