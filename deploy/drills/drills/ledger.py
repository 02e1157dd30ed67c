"""Commands, each sent again with the same bytes until it is acknowledged or refused, and what was answered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from decider.refusal import Kind, Refusal
from google.protobuf.message import Message
from lienthong.docexchange.v1 import attachment_service_pb2, edxml_service_pb2
from lienthong_sdk import Lienthong, resent

from drills.finding import must

CHUNK = 128 * 1024
AGAIN = {Kind.UNAVAILABLE, Kind.BUSY, Kind.TOO_LATE, Kind.CONFLICT}
_BROKEN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_PARTS: dict[str, Any] = {
    "UploadAttachment": attachment_service_pb2.UploadAttachmentRequest,
    "ImportMessage": edxml_service_pb2.ImportMessageRequest,
}


@dataclass(frozen=True)
class Command:
    """One command of one agency; `content` gives the bytes that follow the first message of a stream."""

    service: str  # the stub's name in the client: "documents"
    rpc: str
    request_id: str
    request: Message
    content: Callable[[], bytes] | None = None

    async def call(self, client: Lienthong) -> Any:
        """Send it once more, with the very same bytes."""
        stub = getattr(getattr(client, self.service), self.rpc)
        content = self.content
        if content is None:
            return await stub(self.request)
        return await resent(lambda: stub(self._parts(content())))

    async def _parts(self, content: bytes) -> AsyncIterator[Message]:
        part = _PARTS[self.rpc]
        yield part(description=self.request)
        for start in range(0, len(content), CHUNK):
            yield part(chunk=content[start : start + CHUNK])


@dataclass(frozen=True)
class Answered:
    """What a command was told: where it stands in the log, and a digest of the whole answer."""

    client: Lienthong
    command: Command
    partition: int
    position: int
    digest: bytes


@dataclass
class Ledger:
    """What was said to the clients of one log; request ids are the keys."""

    log: str
    acknowledged: dict[str, Answered] = field(default_factory=dict)
    nothing_happened: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)  # to the reason
    failures: dict[str, int] = field(default_factory=dict)  # what a try ended with, and how often

    async def settle(self, client: Lienthong, command: Command) -> Any:
        """Send a command until it is acknowledged or refused; return the answer, None when refused."""
        while True:
            try:
                answer = await command.call(client)
            except Refusal as refusal:
                if refusal.kind not in AGAIN:
                    self.refused[command.request_id] = refusal.reason
                    return None
                self._failed(refusal.reason)
            except grpc.aio.AioRpcError as error:
                if not broken(error):
                    raise
                self._failed(error.code().name)
            else:
                self._keep(client, command, answer)
                return answer
            await asyncio.sleep(0.05)

    def _keep(self, client: Lienthong, command: Command, answer: Any) -> None:
        if not answer.HasField("position"):
            self.nothing_happened.add(command.request_id)
            return
        at = answer.position
        must(at.log == self.log, f"{command.rpc} was told a position of log {at.log}")
        digest = digest_of(answer)
        self.acknowledged[command.request_id] = Answered(client, command, at.partition, at.position, digest)

    def _failed(self, how: str) -> None:
        self.failures[how] = self.failures.get(how, 0) + 1


def broken(error: grpc.aio.AioRpcError) -> bool:
    """Tell a connection that broke from a fault of the platform."""
    return error.code() in _BROKEN


def digest_of(answer: Message) -> bytes:
    """Return SHA-256 of an answer."""
    return hashlib.sha256(answer.SerializeToString(deterministic=True)).digest()
