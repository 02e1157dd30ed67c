"""The RPCs with which operators and auditors read a service's log: every service hosts them over its own.

PARTITION_UNKNOWN    the log has no such partition; names those it has
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from decider.refusal import Kind, Refusal
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_RECORDS = 500  # in a message
MAX_BYTES = 1024 * 1024  # in a message
_PAGE = 100

WaitBeyond = Callable[[int, int], Awaitable[None]]  # (partition, position): returns when a record stands there


class ReadableRecord(Protocol):
    """A record as the log gives it: its bytes and where it stands."""

    @property
    def data(self) -> bytes: ...  # noqa: D102 - the serialised lienthong.log.v1.Record
    @property
    def position(self) -> int: ...  # noqa: D102 - from 0 in the partition
    @property
    def version(self) -> int: ...  # noqa: D102 - from 1 in the stream


class ReadableLog(Protocol):
    """A log to be read; the methods block and may be called from any thread."""

    log: str
    partitions: int

    def heads(self) -> Sequence[int]:
        """Return for each partition how many records it holds."""

    def read(self, partition: int, position: int, limit: int) -> Sequence[ReadableRecord]:
        """Return at most `limit` records of the partition in order, from `position` on; empty at the head."""

    def read_stream(self, stream: str, from_version: int, limit: int) -> Sequence[ReadableRecord]:
        """Return at most `limit` records of the stream in order, from `from_version` on; empty at its end."""


class LogService(log_service_pb2_grpc.LogServiceServicer):
    """LogService over a log. `wait_beyond` is awaited where a reader follows the head."""

    def __init__(self, log: ReadableLog, wait_beyond: WaitBeyond) -> None:
        self._log = log
        self._wait_beyond = wait_beyond

    async def ListHeads(  # noqa: N802 - the RPC's name
        self, request: log_service_pb2.ListHeadsRequest, context: Any
    ) -> log_service_pb2.ListHeadsResponse:
        """Tell how many records each partition holds."""
        del request, context
        sizes = await asyncio.to_thread(self._log.heads)
        heads = [log_service_pb2.Head(partition=number, size=size) for number, size in enumerate(sizes)]
        return log_service_pb2.ListHeadsResponse(log=self._log.log, heads=heads)

    async def ReadStream(  # noqa: N802 - the RPC's name
        self, request: log_service_pb2.ReadStreamRequest, context: Any
    ) -> log_service_pb2.ReadStreamResponse:
        """Give a page of a stream; it ends early where the message would be too large."""
        del context
        size = min(request.page_size or _PAGE, MAX_RECORDS)
        start = max(request.from_version, 1)
        found = await asyncio.to_thread(self._log.read_stream, request.stream, start, size + 1)
        page = next(_messages(found[:size]), [])
        more = len(page) < len(found)
        return log_service_pb2.ReadStreamResponse(
            records=[one.data for one in page], next_version=page[-1].version + 1 if more else 0
        )

    async def TailPartition(  # noqa: N802 - the RPC's name
        self, request: log_service_pb2.TailPartitionRequest, context: Any
    ) -> AsyncIterator[log_service_pb2.TailPartitionResponse]:
        """Stream a partition from a position to its head, and on where asked to follow."""
        del context
        self._check(request.partition)
        position = request.from_position
        while True:
            found = await asyncio.to_thread(self._log.read, request.partition, position, MAX_RECORDS)
            for batch in _messages(found):
                position = batch[-1].position + 1
                yield log_service_pb2.TailPartitionResponse(records=[one.data for one in batch])
            if found:
                continue
            if not request.follow:
                return
            await self._wait_beyond(request.partition, position)

    def _check(self, partition: int) -> None:
        last = self._log.partitions - 1
        if partition > last:
            raise Refusal(
                Kind.INVALID,
                "PARTITION_UNKNOWN",
                en=f"The log {self._log.log} has the partitions 0 to {last}.",
                vi=f"Nhật ký {self._log.log} có các phân vùng từ 0 đến {last}.",
                field="partition",
            )


def _messages(records: Sequence[ReadableRecord]) -> Iterator[list[ReadableRecord]]:
    batch: list[ReadableRecord] = []
    size = 0
    for one in records:
        if batch and size + len(one.data) > MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one.data)
    if batch:
        yield batch
