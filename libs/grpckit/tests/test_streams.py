from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from grpckit.outgoing import Caller, StreamUnary
from grpckit.retries import Retries
from grpckit.signing import Signer, utc_now


async def test_a_stream_of_requests_is_signed_by_its_first_message(world: Any) -> None:
    first = world.request("một")
    async with world.serving(), world.connect() as channel:
        answer = await world.stub(channel).Upload([first, world.request("hai")])
    assert (answer.text, answer.system) == ("một hai", "h41-qlvb")
    assert answer.origin.signature.payload == first.SerializeToString()


async def test_a_stream_of_answers_comes_in_order_to_a_known_caller(world: Any) -> None:
    async with world.serving(), world.connect() as channel:
        answers = [one async for one in world.stub(channel).Repeat(world.request("một hai ba"))]
    assert [one.text for one in answers] == ["một", "hai", "ba"]
    assert {one.system for one in answers} == {"h41-qlvb"}


async def test_both_sides_stream_and_take_turns(world: Any) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def requests() -> Any:
        yield world.request("một")
        yield world.request(await heard.get() + " hai")

    async with world.serving(), world.connect() as channel:
        answers = world.stub(channel).Chat(requests())
        first = await anext(answers)
        heard.put_nowait(first.text)
        second = await anext(answers)
    assert (first.text, second.text) == ("một", "một hai")


@pytest.mark.parametrize("method", ["Upload", "Chat"])
async def test_each_message_of_a_stream_of_requests_is_checked(world: Any, method: str) -> None:
    async with world.serving(), world.connect() as channel:
        call = getattr(world.stub(channel), method)([world.request(), world.request("x" * 21)])
        with pytest.raises(Refusal) as caught:
            await (call if method == "Upload" else _all(call))
    assert caught.value.violations[0].field == "text"


@pytest.mark.parametrize("method", ["Upload", "Chat", "Repeat"])
async def test_streams_of_an_unknown_key_are_refused(world: Any, method: str) -> None:
    async with world.serving(), world.connect(Signer.generate("nobody")) as channel:
        what = world.request() if method == "Repeat" else [world.request()]
        call = getattr(world.stub(channel), method)(what)
        with pytest.raises(Refusal) as caught:
            await (call if method == "Upload" else _all(call))
    assert caught.value.reason == "KEY_UNKNOWN"


async def test_a_call_that_is_cut_while_it_still_sends_may_be_sent_again(world: Any) -> None:
    """Whether gRPC tells the server's reason or this one is a race between its threads."""

    async def cut(requests: Any, **_: Any) -> Any:
        await anext(requests)
        nothing = grpc.aio.Metadata()
        raise grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, nothing, nothing, details="Internal error from Core")

    caller = Caller(world.signer, 5, Retries(), utc_now)
    upload = StreamUnary(caller, cut, "/grpckit.echo.v1.EchoService/Upload", lambda one: one.SerializeToString())
    with pytest.raises(Refusal) as caught:
        await upload([world.request()])
    assert (caught.value.reason, caught.value.kind) == ("STREAM_CUT", Kind.UNAVAILABLE)


async def test_a_refusal_in_the_middle_of_a_stream_comes_after_what_was_sent(world: Any) -> None:
    async def answer(request: Any) -> Any:
        if request.text == "hai":
            raise Refusal(Kind.NOT_NOW, "LOG_CLOSED", en="Closed.", vi="Đã đóng.")
        return world.messages.EchoResponse(text=request.text)

    world.servicer.answer = answer
    async with world.serving(), world.connect() as channel:
        answers = world.stub(channel).Repeat(world.request("một hai"))
        assert (await anext(answers)).text == "một"
        with pytest.raises(Refusal) as caught:
            await anext(answers)
    assert caught.value.reason == "LOG_CLOSED"


async def test_a_stream_without_requests_is_refused_on_either_side(world: Any) -> None:
    async with world.serving(), world.connect() as channel:
        with pytest.raises(ValueError, match="at least one"):
            await world.stub(channel).Upload([])
        async with grpc.aio.insecure_channel(world.server.address) as plain:
            call: Any = plain.stream_unary("/grpckit.echo.v1.EchoService/Upload", None, None)
            with pytest.raises(grpc.aio.AioRpcError):
                await call(iter([]), timeout=5)
    assert [one.reason for one in world.refused] == ["STREAM_EMPTY"]


async def test_a_cancelled_stream_ends_in_the_servicer_too(world: Any) -> None:
    ended = asyncio.Event()

    async def answer(request: Any) -> Any:
        if request.text == "một":
            return world.messages.EchoResponse()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    world.servicer.answer = answer
    async with world.serving(), world.connect() as channel:
        call = world.stub(channel).Repeat(world.request("một hai"))
        await anext(call)
        assert call.cancel()
        await asyncio.wait_for(ended.wait(), 5)


async def test_an_answer_to_a_caller_who_has_gone_is_no_fault_of_the_program(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def answer(request: Any) -> Any:
        if request.text == "hai":
            asked.set()
            with suppress(asyncio.CancelledError):  # as if the answer had been under way already
                await asyncio.sleep(60)
            ended.set()
        return world.messages.EchoResponse(text=request.text)

    world.servicer.answer = answer
    async with world.serving(), world.connect() as channel:
        call = world.stub(channel).Repeat(world.request("một hai ba"))
        await anext(call)
        await asked.wait()
        assert call.cancel()
        await asyncio.wait_for(ended.wait(), 5)
        await world.call()
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


async def _all(answers: Any) -> list[Any]:
    return [one async for one in answers]
