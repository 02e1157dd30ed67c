"""The guard: one wrapper around the servicer of every call, for all four shapes of RPC.

It admits the request (admission), holds the call to its time and to the number served at once, and turns whatever is
raised into a status (errors). It wraps handlers when the server is built, so that a call pays for nothing that is
known before it: an interceptor of gRPC's would cost each call a look-up and an await more.

Refused here, each with its stable reason:

    BUSY                  the server serves as many calls as it may
    CALL_TOO_LONG         the call took longer than the server allows
    SERVER_STOPPING       the server is going down and the call did not end in time
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
from decider.refusal import Kind, Refusal

from grpckit.access import BUILT_IN, AccessRule
from grpckit.admission import Admission, Context, Metadata, Method, method_of
from grpckit.call import call_or_none, current_call
from grpckit.errors import STATUS_DETAILS, incident_status, status_of
from grpckit.incident import Refused, report_incident
from grpckit.telemetry.calls import Seen, Watch

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor
    from google.rpc.status_pb2 import Status

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour = Callable[[Any, Context], Awaitable[Any]]
Serve = Callable[[Any, Context, Metadata], Awaitable[Any]]

_CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds a call may take, and how many may be served at a time."""

    seconds: float  # where the client names no deadline
    most_seconds: float  # whatever the client names
    stream_seconds: float  # both of these, for calls with a stream
    calls: int


class Guard:
    """Wraps the handlers of one server and knows its running calls."""

    def __init__(self, admission: Admission, limits: Limits, on_refusal: Callable[[Refused], None]) -> None:
        self._admission = admission
        self._limits = limits
        self._on_refusal = on_refusal
        self._running: set[asyncio.Task[Any]] = set()
        self._built_in: set[asyncio.Task[Any]] = set()
        self._cut: set[asyncio.Task[Any]] = set()

    def wrap(self, descriptor: MethodDescriptor, rule: AccessRule, handler: Handler) -> Handler:
        """Return a handler of the same shape that takes raw requests."""
        method = method_of(descriptor, rule)
        streams = handler.request_streaming or handler.response_streaming
        watch = Watch(method.name, streams=streams)
        serve, make = self._shape(method, handler, watch)
        limits = self._limits
        if streams:
            guarded = self._guarded(method, serve, watch, limits.stream_seconds, limits.stream_seconds)
        else:
            guarded = self._guarded(method, serve, watch, limits.seconds, limits.most_seconds)
        behaviour = _plain(guarded) if rule is BUILT_IN else _watched(guarded, watch)
        return make(behaviour, None, handler.response_serializer)

    def cut_built_in(self) -> None:
        """End the calls of health and reflection, whose streams have no end of their own."""
        self._cut_all(self._built_in)

    def cut(self) -> None:
        """End all running calls with SERVER_STOPPING."""
        self._cut_all(self._running)

    def _cut_all(self, tasks: set[asyncio.Task[Any]]) -> None:
        for task in tasks:
            self._cut.add(task)
            task.cancel()

    def _shape(self, method: Method, handler: Handler, watch: Watch) -> tuple[Serve, Callable[..., Handler]]:
        admission = self._admission
        run: Any
        if handler.request_streaming:
            admit: Callable[..., Awaitable[Any]] = admission.admit_stream
            run = handler.stream_stream if handler.response_streaming else handler.stream_unary
        else:
            admit = admission.admit
            run = handler.unary_stream if handler.response_streaming else handler.unary_unary

        async def admitted(incoming: Any, context: Context, metadata: Metadata) -> Any:
            request = await admit(method, incoming, context, metadata)
            watch.admitted(current_call())
            return request

        async def answer(incoming: Any, context: Context, metadata: Metadata) -> Any:
            return await run(await admitted(incoming, context, metadata), context)

        async def answers(incoming: Any, context: Context, metadata: Metadata) -> None:
            await _send(run(await admitted(incoming, context, metadata), context), context)

        return (answers if handler.response_streaming else answer), _MAKERS[
            handler.request_streaming, handler.response_streaming
        ]

    def _guarded(self, method: Method, serve: Serve, watch: Watch, seconds: float, most_seconds: float) -> Serve:
        running = self._built_in if method.rule is BUILT_IN else self._running
        most, cut = self._limits.calls, self._cut

        async def guarded(incoming: Any, context: Context, metadata: Metadata) -> Any:
            task: Any = asyncio.current_task()
            if len(running) >= most:
                await self._refuse(method, watch, context, _busy())
            running.add(task)
            try:
                left: float | None = context.time_remaining()
                if left is not None and left <= most_seconds:
                    return await serve(incoming, context, metadata)  # gRPC itself cancels it at the client's deadline
                serving = serve(incoming, context, metadata)
                return await _within(seconds if left is None else most_seconds, serving)
            except Refusal as refusal:
                await self._refuse(method, watch, context, refusal)
            except asyncio.CancelledError:
                if task not in cut:
                    raise
                await self._refuse(method, watch, context, _stopping())
            except grpc.aio.AbortError:  # a servicer of gRPC's own ended the call itself
                raise
            except Exception as error:  # noqa: BLE001 - whatever else is raised is a fault of the program
                await _fail(method, watch, context, error)
            finally:
                running.discard(task)
                cut.discard(task)

        return guarded

    async def _refuse(self, method: Method, watch: Watch, context: Context, refusal: Refusal) -> None:
        watch.refused(refusal)
        call = call_or_none()
        system = call.system if call else ""
        self._on_refusal(Refused(refusal.reason, method.name, system, "" if system else context.peer()))
        await _abort(context, status_of(refusal))


_MAKERS: dict[tuple[bool, bool], Callable[..., Handler]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def _plain(guarded: Serve) -> Behaviour:
    async def plain(incoming: Any, context: Context) -> Any:
        return await guarded(incoming, context, _metadata_of(context))

    return plain


def _watched(guarded: Serve, watch: Watch) -> Behaviour:
    async def watched(incoming: Any, context: Context) -> Any:
        metadata = _metadata_of(context)
        with Seen(watch, context, metadata):
            return await guarded(incoming, context, metadata)

    return watched


def _metadata_of(context: Context) -> Metadata:
    """Read a call's metadata, once: gRPC makes them anew each time it is asked."""
    return dict(context.invocation_metadata() or ())


async def _send(answers: Any, context: Context) -> None:
    if not hasattr(answers, "__aiter__"):  # a servicer that writes to the context itself
        await answers
        return
    try:
        async for answer in answers:
            with _heard():
                await context.write(answer)
    finally:
        if hasattr(answers, "aclose"):
            await answers.aclose()


async def _within(seconds: float, serving: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await serving
    except TimeoutError:
        if limit.expired():
            raise _too_long(seconds) from None
        raise


async def _fail(method: Method, watch: Watch, context: Context, error: Exception) -> None:
    if isinstance(error, NotImplementedError) and context.code() == grpc.StatusCode.UNIMPLEMENTED:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{method.name} is not served here")
    incident = report_incident(method.name, error)
    watch.failed(incident)
    await _abort(context, incident_status(incident))


async def _abort(context: Context, status: Status) -> None:
    details = ((STATUS_DETAILS, status.SerializeToString()),)
    with _heard():
        await context.abort(_CODES[status.code], status.message, details)


@contextmanager
def _heard() -> Iterator[None]:
    """Take what gRPC raises for a caller who has gone for what it is: the end of the call, and nobody's fault.

    Mostly gRPC cancels the call first; what was being sent at that moment fails instead, and says no more.
    """
    try:
        yield
    except grpc.aio.InternalError as gone:
        raise asyncio.CancelledError from gone


def _busy() -> Refusal:
    return Refusal(
        Kind.BUSY,
        "BUSY",
        en="The server is serving as many calls as it can; come back later.",
        vi="Máy chủ đang phục vụ tối đa số lời gọi; vui lòng thử lại sau.",
        retry_after=timedelta(milliseconds=500),
    )


def _too_long(seconds: float) -> Refusal:
    return Refusal(
        Kind.TOO_LATE,
        "CALL_TOO_LONG",
        en=f"The call took longer than the {seconds:g} s that the server allows.",
        vi=f"Lời gọi kéo dài quá {seconds:g} giây mà máy chủ cho phép.",
    )


def _stopping() -> Refusal:
    return Refusal(
        Kind.UNAVAILABLE,
        "SERVER_STOPPING",
        en="The server is going down; call again, another one answers.",
        vi="Máy chủ đang dừng; hãy gọi lại, máy chủ khác sẽ trả lời.",
    )
