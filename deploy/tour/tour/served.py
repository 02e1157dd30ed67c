"""What there is to audit where only the services can be reached: what they tell operators and auditors over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

from eventlog.record import Recorded, parse
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc
from lienthong.views.v1 import views_service_pb2, views_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grpckit.client import Channel

T = TypeVar("T")
_LONG: Final = 3600.0  # seconds to read a partition, or to fold a view


class _FromThreads:
    """Runs coroutines of one event loop for the threads of an audit."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class ServedLog:
    """`Log`, as its service serves it; make it with `served_log`."""

    def __init__(self, channel: Channel, log: str, partitions: int) -> None:
        self.log = log
        self.partitions = partitions
        self._run = _FromThreads()
        self._stub = log_service_pb2_grpc.LogServiceStub(channel)

    def heads(self) -> Sequence[int]:
        """See `Log.heads`."""
        return self._run(_heads(self._stub))[1]

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """See `Log.read`. A record is placed where it was served, whatever its own bytes say."""
        data = self._run(self._read(partition, position, limit))
        return [self._placed(each, partition, at) for at, each in enumerate(data, start=position)]

    def _placed(self, data: bytes, partition: int, position: int) -> Recorded:
        said = parse(data)
        return Recorded(self.log, partition, position, said.stream, said.version, said.type_name, data)

    async def _read(self, partition: int, position: int, limit: int) -> list[bytes]:
        found: list[bytes] = []
        request = log_service_pb2.TailPartitionRequest(partition=partition, from_position=position)
        answers: Any = self._stub.TailPartition(request, timeout=_LONG)
        async for answer in answers:
            found.extend(answer.records)
            if len(found) >= limit:
                answers.cancel()
                break
        return found[:limit]


async def served_log(channel: Channel) -> ServedLog:
    """Ask a service which log it has, and return it."""
    log, heads = await _heads(log_service_pb2_grpc.LogServiceStub(channel))
    return ServedLog(channel, log, len(heads))


class ServedViews:
    """`Folded`, as their service serves them: it is the service that folds anew, compares and swaps."""

    def __init__(self, channel: Channel) -> None:
        self._run = _FromThreads()
        self._stub = views_service_pb2_grpc.ViewsServiceStub(channel)

    def positions(self) -> Sequence[Mapping[int, int]]:
        """See `Folded.positions`."""
        return [dict(enumerate(view.positions)) for view in self._run(self._list())]

    def differences(self) -> int:
        """See `Folded.differences`."""
        views = self._run(self._list())
        return sum(len(view.poisoned) + self._run(self._rebuilt(view.name)) for view in views)

    async def _list(self) -> Sequence[views_service_pb2.View]:
        response: views_service_pb2.ListViewsResponse = await self._stub.ListViews(views_service_pb2.ListViewsRequest())
        return response.views

    async def _rebuilt(self, view: str) -> int:
        result = views_service_pb2.RebuildResult()
        async for response in self._stub.RebuildView(views_service_pb2.RebuildViewRequest(view=view), timeout=_LONG):
            result = response.result
        return 0 if result.same else max(1, abs(result.rows_now - result.rows_before))


async def _heads(stub: Any) -> tuple[str, list[int]]:
    told = await stub.ListHeads(log_service_pb2.ListHeadsRequest())
    return told.log, [head.size for head in told.heads]
