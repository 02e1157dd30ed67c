"""What every refusal owes: its exact reason, the field at fault, both languages, and nothing stored."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import Any

import grpc
import pytest
from decider.refusal import Refusal, Violation
from grpckit.errors import refusal_of
from grpckit.signing import Signer, payload_prefix

from .agency import METHODS
from .installation import Installation


async def refused(platform: Installation, call: Awaitable[Any], reason: str, field: str = "", why: str = "") -> Refusal:
    """Await a call that must be refused; `why` is the field's own reason where it is another one.

    Nothing may be stored by it: heads of the log, files being spooled and blobs are as before, and the service answers.
    """
    before = platform.stored()
    with pytest.raises(Refusal) as caught:
        await call
    refusal = caught.value
    assert refusal.reason == reason, refusal
    if field:
        assert (field, why or reason) in [(each.field, each.reason) for each in refusal.violations]
    every: list[Refusal | Violation] = [refusal, *refusal.violations]
    for told in every:
        assert told.en.strip()
        assert told.vi.strip()
        assert told.en != told.vi
    assert platform.stored() == before
    await platform.answers()
    return refusal


class Raw:
    """A caller that sends whatever bytes it likes, signed or not as they should be."""

    def __init__(self, platform: Installation, signer: Signer) -> None:
        self._platform = platform
        self._signer = signer

    def metadata(self, rpc: str, body: bytes) -> tuple[tuple[str, Any], ...]:
        """Sign a body for a method."""
        prefix = payload_prefix(self._path(rpc), METHODS[rpc].input_type.full_name)
        return self._signer.sign(prefix, body, self._platform.clock(), os.urandom(16))

    async def call(self, rpc: str, body: bytes, metadata: Iterable[tuple[str, Any]] | None = None) -> bytes:
        """Call with raw bytes; raises what the server refused."""
        entries = tuple(metadata or self.metadata(rpc, body))
        async with grpc.aio.insecure_channel(self._platform.app.address) as channel:
            try:
                made: Any = channel.unary_unary(self._path(rpc))
                return await made(body, metadata=entries, timeout=30)  # type: ignore[no-any-return]
            except grpc.aio.AioRpcError as error:
                raise (refusal_of(error) or error) from error

    async def stream(self, rpc: str, bodies: Iterable[bytes], first: bytes = b"") -> bytes:
        """Stream raw bytes up, signed for `first`."""

        async def each() -> AsyncIterator[bytes]:
            for body in bodies:
                yield body

        async with grpc.aio.insecure_channel(self._platform.app.address) as channel:
            made: Any = channel.stream_unary(self._path(rpc))
            try:
                return await made(each(), metadata=self.metadata(rpc, first), timeout=30)  # type: ignore[no-any-return]
            except grpc.aio.AioRpcError as error:
                raise (refusal_of(error) or error) from error

    @staticmethod
    def _path(rpc: str) -> str:
        return f"/{METHODS[rpc].containing_service.full_name}/{rpc}"
