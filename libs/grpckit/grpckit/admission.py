"""Admission: what a request must pass before its servicer sees it.

In order: the signature over the raw bytes, the client certificate that a system may be bound to, the message, the
caller's role and scope, the constraints, and the wait for what the request says must have been seen. A stream of
requests is signed by its first message; each is checked.

Refused here, each with its stable reason (the others: verifying, binding, access, validation):

    TOO_MANY_WAITING      as many calls as may wait for their key to be enrolled
    POSITION_NOT_REACHED  the views did not get to a position of `after` in the call's time
    STREAM_EMPTY          a stream of requests ended before its first message
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
from decider.refusal import Kind, Refusal
from google.protobuf.message_factory import GetMessageClass
from lienthong.identity.v1 import system_pb2
from lienthong.log.v1 import record_pb2

from grpckit.access import AccessRule
from grpckit.binding import check_bound
from grpckit.call import Call, cause_of, enter, fingerprint_of
from grpckit.signing import payload_prefix
from grpckit.validation import parse, validate
from grpckit.verifying import EnrolledKey, Signed, key_unknown

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

    from grpckit.verifying import Keys, Verifier

Context = grpc.aio.ServicerContext[Any, Any]
Metadata = Mapping[str, Any]  # what a call brings beside its message; of a repeated key the last
WaitFor = Callable[[Sequence[record_pb2.Position]], Awaitable[None]]

KEYS_LOG = "identity"
_SETTLE_SECONDS = 2.0
_SETTLE_CALLS = 64
_WAIT_SHARE = 0.9  # of the time left: so that the refusal still reaches the caller


@dataclass(frozen=True, slots=True)
class Method:
    """What is known of a method before any call."""

    name: str  # full, with its leading slash
    rule: AccessRule
    request: str  # full name of the request's message
    payload_prefix: str
    from_string: Callable[[bytes], Message]
    has_after: bool
    has_request_id: bool


def method_of(descriptor: MethodDescriptor, rule: AccessRule) -> Method:
    """Work out what is known of a method before any call."""
    name = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    request = descriptor.input_type
    return Method(
        name,
        rule,
        request.full_name,
        payload_prefix(name, request.full_name),
        GetMessageClass(request).FromString,
        _has_after(request),
        "request_id" in request.fields_by_name,
    )


class Admission:
    """Admits requests. `seconds` is the time of a call that names no deadline.

    `wait_for` returns when the views have seen the positions of `after`; `settle_keys` when the keys have seen those of
    KEYS_LOG among them. Both may be None.
    """

    def __init__(
        self,
        keys: Keys,
        verifier: Verifier,
        seconds: float,
        wait_for: WaitFor | None,
        settle_keys: WaitFor | None,
    ) -> None:
        self._keys = keys
        self._verifier = verifier
        self._seconds = seconds
        self._wait_for = wait_for
        self._settle_keys = settle_keys
        self._settling = 0

    async def admit(self, method: Method, raw: bytes, context: Context, metadata: Metadata) -> Message:
        """Return the request, with its call made the current one; raises Refusal."""
        key, signature = None, None
        if method.rule.signed:
            signed = self._verifier.read(metadata)
            key = self._keys.find(signed.key_id) or await self._settled_key(method, raw, signed)
            kind = self._verifier.verify(signed, key, method.payload_prefix, raw)
            if key.certificate_names:
                check_bound(key.certificate_names, context.auth_context())
            signature = record_pb2.CallSignature(
                key_id=signed.key_id, payload_type=kind, payload=raw, signature=signed.signature
            )
        request: Any = parse(raw, method.from_string, method.request)
        request_id: str = request.request_id if method.has_request_id else ""
        origin = record_pb2.Origin(method=method.name, request_id=request_id, signature=signature)
        enter(_call_of(method, key, origin, cause_of(request_id, metadata.get("traceparent")), raw))
        if key is not None:
            method.rule.check(key.role, key.scopes)
        validate(request)
        if method.has_after and self._wait_for is not None and request.after:
            await self._wait(self._wait_for, request.after, context)
        return request  # type: ignore[no-any-return] # `parse` made it

    async def admit_stream(
        self, method: Method, incoming: AsyncIterable[bytes], context: Context, metadata: Metadata
    ) -> AsyncIterator[Message]:
        """Return the requests of a stream whose first one is admitted."""
        rest = aiter(incoming)
        try:
            first = await anext(rest)
        except StopAsyncIteration:
            raise _stream_empty() from None
        return _messages(method, await self.admit(method, first, context, metadata), rest)

    async def _wait(self, wait_for: WaitFor, after: Sequence[record_pb2.Position], context: Context) -> None:
        left: float | None = context.time_remaining()
        seconds = self._seconds if left is None else left
        try:
            async with asyncio.timeout(seconds * _WAIT_SHARE) as limit:
                await wait_for(after)
        except TimeoutError:
            if limit.expired():
                raise _not_reached() from None
            raise

    async def _settled_key(self, method: Method, raw: bytes, signed: Signed) -> EnrolledKey:
        """Look an unknown key up once more, after the enrolment that the request says it follows."""
        if self._settle_keys is None or not method.has_after:
            raise key_unknown()
        request: Any = parse(raw, method.from_string, method.request)
        positions = [position for position in request.after if position.log == KEYS_LOG]
        if not positions:
            raise key_unknown()
        if self._settling >= _SETTLE_CALLS:
            raise _too_many_waiting()
        self._settling += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SETTLE_SECONDS):
                    await self._settle_keys(positions)
        finally:
            self._settling -= 1
        key = self._keys.find(signed.key_id)
        if key is None:
            raise key_unknown()
        return key


def _has_after(request: Descriptor) -> bool:
    field = request.fields_by_name.get("after")
    return field is not None and field.is_repeated and field.message_type is record_pb2.Position.DESCRIPTOR


def _call_of(
    method: Method, key: EnrolledKey | None, origin: record_pb2.Origin, cause: record_pb2.Cause, raw: bytes
) -> Call:
    if key is None:
        nobody = fingerprint_of(method.name, "", raw)
        return Call("", "", system_pb2.SYSTEM_ROLE_UNSPECIFIED, frozenset(), origin, cause, nobody)
    origin.agency, origin.system = key.agency, key.system
    fingerprint = fingerprint_of(method.name, key.system, raw)
    return Call(key.system, key.agency, key.role, key.scopes, origin, cause, fingerprint)


async def _messages(method: Method, first: Message, rest: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    yield first
    async for raw in rest:
        message = parse(raw, method.from_string, method.request)
        validate(message)
        yield message


def _too_many_waiting() -> Refusal:
    return Refusal(
        Kind.BUSY,
        "TOO_MANY_WAITING",
        en="Too many calls wait for their key to be enrolled; come back later.",
        vi="Có quá nhiều lời gọi đang chờ khóa được đăng ký; vui lòng thử lại sau.",
        retry_after=timedelta(seconds=1),
    )


def _not_reached() -> Refusal:
    return Refusal(
        Kind.TOO_LATE,
        "POSITION_NOT_REACHED",
        en="The service has not yet seen the positions named in after; try again, or allow more time.",
        vi="Dịch vụ chưa cập nhật đến các vị trí nêu trong after; hãy thử lại hoặc tăng thời hạn.",
        field="after",
    )


def _stream_empty() -> Refusal:
    return Refusal(
        Kind.INVALID,
        "STREAM_EMPTY",
        en="The stream of requests ended before its first message; send at least one.",
        vi="Luồng yêu cầu kết thúc trước thông điệp đầu tiên; hãy gửi ít nhất một thông điệp.",
    )
