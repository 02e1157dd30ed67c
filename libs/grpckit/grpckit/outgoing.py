"""The four shapes of calls as the generated stubs use them: serialise, sign, call, try again, raise Refusal.

Raised here, beside what the server refuses:

    STREAM_CUT            the call ended while its requests were still being sent, and gRPC kept the reason to itself
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

import grpc
from decider.refusal import Kind, Refusal
from eventlog import trace_context
from google.protobuf import descriptor_pool
from opentelemetry.trace import get_current_span

from grpckit.errors import refusal_of
from grpckit.signing import Signer, payload_prefix

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
    from datetime import datetime

    from grpckit.retries import Retries

    Metadata = Iterable[tuple[str, str | bytes]]
    Serialiser = Callable[[Any], bytes]


_WRITING = "Internal error from Core"  # gRPC's words where a write fails before the status of the call is known


@dataclass(frozen=True, slots=True)
class Caller:
    """How a channel calls."""

    signer: Signer | None
    timeout: float
    retries: Retries
    clock: Callable[[], datetime]

    def metadata(self, prefix: str, raw: bytes, given: Metadata | None) -> tuple[tuple[str, Any], ...]:
        """Return what goes with one try: signature, trace context, and what the caller gave."""
        entries: tuple[tuple[str, Any], ...] = tuple(given or ())
        if self.signer is not None:
            entries += self.signer.sign(prefix, raw, self.clock(), os.urandom(16))
        trace = get_current_span().get_span_context()
        if trace.is_valid:
            entries += (("traceparent", trace_context.written(trace)),)
        return entries


class Outgoing:
    """What the four shapes share."""

    def __init__(self, caller: Caller, plain: Any, method: str, serialise: Serialiser) -> None:
        self._caller = caller
        self._plain = plain
        self._serialise = serialise
        service, _, name = method.lstrip("/").partition("/")
        request = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name].input_type
        self._prefix = payload_prefix(method, request.full_name)

    def _metadata(self, raw: bytes, given: Metadata | None) -> tuple[tuple[str, Any], ...]:
        return self._caller.metadata(self._prefix, raw, given)

    def _deadline(self, timeout: float | None) -> float:
        return asyncio.get_running_loop().time() + (self._caller.timeout if timeout is None else timeout)

    async def _pause(self, attempt: int, error: grpc.aio.AioRpcError, deadline: float) -> None:
        """Wait before the next try; raise what the error means where there is none."""
        refusal = refusal_of(error)
        pause = self._caller.retries.pause(attempt, error.code(), refusal)
        if pause is None or asyncio.get_running_loop().time() + pause >= deadline:
            raise (refusal or error) from (error if refusal else error.__cause__)
        await asyncio.sleep(pause)


class UnaryUnary(Outgoing):
    """One request, one answer."""

    async def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the deadline that travels with the call
        metadata: Metadata | None = None,
        **options: Any,
    ) -> Any:
        """Call; `timeout` in seconds spans all tries."""
        raw = self._serialise(request)
        deadline = self._deadline(timeout)
        attempt = 0
        while True:
            attempt += 1
            left = deadline - asyncio.get_running_loop().time()
            try:
                return await self._plain(raw, timeout=left, metadata=self._metadata(raw, metadata), **options)
            except grpc.aio.AioRpcError as error:
                await self._pause(attempt, error, deadline)


class UnaryStream(Outgoing):
    """One request, a stream of answers."""

    def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata | None = None, **options: Any
    ) -> Answers:
        """Call; `timeout` in seconds spans the whole stream."""
        answers = Answers()
        answers.source = self._answers(answers, request, self._deadline(timeout), metadata, options)
        return answers

    async def _answers(
        self, answers: Answers, request: Any, deadline: float, metadata: Metadata | None, options: Any
    ) -> AsyncIterator[Any]:
        raw = self._serialise(request)
        attempt = 0
        begun = False
        while True:
            attempt += 1
            left = deadline - asyncio.get_running_loop().time()
            answers.call = self._plain(raw, timeout=left, metadata=self._metadata(raw, metadata), **options)
            try:
                async for answer in answers.call:
                    begun = True
                    yield answer
            except grpc.aio.AioRpcError as error:
                if begun:
                    _raise(error)
                await self._pause(attempt, error, deadline)
            else:
                return


class StreamUnary(Outgoing):
    """A stream of requests, one answer."""

    async def __call__(
        self,
        requests: AsyncIterable[Any] | Iterable[Any],
        *,
        timeout: float | None = None,  # noqa: ASYNC109
        metadata: Metadata | None = None,
        **options: Any,
    ) -> Any:
        """Call; the first request is signed. ValueError when there is none."""
        left = self._caller.timeout if timeout is None else timeout
        first, rest = await _first(requests, self._serialise)
        try:
            entries = self._metadata(first, metadata)
            return await self._plain(rest, timeout=left, metadata=entries, **options)
        except grpc.aio.AioRpcError as error:
            _raise_cut(error)


class StreamStream(Outgoing):
    """A stream of requests, a stream of answers."""

    def __call__(
        self,
        requests: AsyncIterable[Any] | Iterable[Any],
        *,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        **options: Any,
    ) -> Answers:
        """Call when first iterated; the first request is signed. ValueError when there is none."""
        left = self._caller.timeout if timeout is None else timeout
        answers = Answers()
        answers.source = self._answers(answers, requests, left, metadata, options)
        return answers

    async def _answers(
        self, answers: Answers, requests: Any, left: float, metadata: Metadata | None, options: Any
    ) -> AsyncIterator[Any]:
        first, rest = await _first(requests, self._serialise)
        answers.call = self._plain(rest, timeout=left, metadata=self._metadata(first, metadata), **options)
        try:
            async for answer in answers.call:
                yield answer
        except grpc.aio.AioRpcError as error:
            _raise_cut(error)


class Answers:
    """A stream of answers: iterate it once; `cancel` ends the call."""

    def __init__(self) -> None:
        self.source: AsyncIterator[Any]
        self.call: grpc.aio.UnaryStreamCall[Any, Any] | grpc.aio.StreamStreamCall[Any, Any] | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await anext(self.source)

    def cancel(self) -> bool:
        """End the call; True when it was under way."""
        return self.call is not None and self.call.cancel()


async def _first(requests: Any, serialise: Serialiser) -> tuple[bytes, AsyncIterator[bytes]]:
    source = aiter(requests) if hasattr(requests, "__aiter__") else _each(requests)
    try:
        first = serialise(await anext(source))
    except StopAsyncIteration:
        raise ValueError("a stream of requests needs at least one: the first is what is signed") from None

    async def serialised() -> AsyncIterator[bytes]:
        yield first
        async for request in source:
            yield serialise(request)

    return first, serialised()


async def _each(requests: Iterable[Any]) -> AsyncIterator[Any]:
    for request in requests:
        yield request


def _raise(error: grpc.aio.AioRpcError) -> NoReturn:
    refusal = refusal_of(error)
    if refusal is None:
        raise cast("Exception", error)
    raise refusal from error


def _raise_cut(error: grpc.aio.AioRpcError) -> NoReturn:
    """Raise what ended a stream of requests."""
    if error.code() is not grpc.StatusCode.INTERNAL or error.details() != _WRITING:
        _raise(error)
    raise Refusal(
        Kind.UNAVAILABLE,
        "STREAM_CUT",
        en="The call ended before all of it was sent; send it again, with the same request id.",
        vi="Lời gọi kết thúc khi chưa gửi hết; hãy gửi lại với cùng mã yêu cầu.",
    ) from error
