"""The RPCs with which an operator looks after a service's views: every service hosts them over its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from decider.refusal import Kind, Refusal
from google.protobuf.timestamp_pb2 import Timestamp
from lienthong.views.v1 import views_service_pb2 as s
from lienthong.views.v1 import views_service_pb2_grpc as rpc

from views.errors import BeingBuilt

if TYPE_CHECKING:
    from views.building import Rebuilt
    from views.poison import PoisonedStream
    from views.retry import ReadStream
    from views.runtime import Views
    from views.status import FollowerStatus, ViewStatus

_TOLD_EVERY = 0.2  # seconds between two responses of a rebuild


class ViewsService(rpc.ViewsServiceServicer):
    """lienthong.views.v1.ViewsService."""

    def __init__(self, views: Views, read_stream: ReadStream) -> None:
        self._views = views
        self._read_stream = read_stream

    async def ListViews(self, _request: s.ListViewsRequest, _context: Any) -> s.ListViewsResponse:  # noqa: N802
        """List the views and the streams that they could not fold."""
        status, poisoned = await asyncio.gather(
            asyncio.to_thread(self._views.status), asyncio.to_thread(self._views.poisoned)
        )
        ordered = sorted(status, key=lambda each: each.view)
        return s.ListViewsResponse(
            views=[_view(each, [stream for stream in poisoned if stream.view == each.view]) for each in ordered],
            followers=[_follower(each) for each in self._views.followers()],
        )

    async def RebuildView(  # noqa: N802
        self, request: s.RebuildViewRequest, _context: Any
    ) -> AsyncIterator[s.RebuildViewResponse]:
        """Rebuild a view while serving; it goes on when the caller goes."""
        self._known(request.view)
        progress = _Progress()
        running = asyncio.create_task(asyncio.to_thread(self._views.rebuild, request.view, progress))
        while not running.done():
            await asyncio.wait({running}, timeout=_TOLD_EVERY)
            yield progress.response()
        try:
            rebuilt = await running
        except BeingBuilt as error:
            raise _being_built(request.view) from error
        response = progress.response()
        response.result.CopyFrom(_result(rebuilt))
        yield response

    async def RetryPoisonedStream(  # noqa: N802
        self, request: s.RetryPoisonedStreamRequest, _context: Any
    ) -> s.RetryPoisonedStreamResponse:
        """Fold a stream again that a view could not fold."""
        self._known(request.view)
        folded = await asyncio.to_thread(self._views.retry_poisoned, request.view, request.stream, self._read_stream)
        return s.RetryPoisonedStreamResponse(folded=folded)

    def _known(self, view: str) -> None:
        if view not in self._views.names:
            names = ", ".join(sorted(self._views.names))
            raise Refusal(
                Kind.NOT_FOUND,
                "VIEW_UNKNOWN",
                field="view",
                en=f"This service has no such view. It has: {names}.",
                vi=f"Dịch vụ này không có dữ liệu tra cứu như vậy. Hiện có: {names}.",
            )


class _Progress:
    """How far a rebuild has got; written by its thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done, self._total = 0, 0

    def __call__(self, done: int, total: int) -> None:
        with self._lock:
            self._done, self._total = done, total

    def response(self) -> s.RebuildViewResponse:
        with self._lock:
            return s.RebuildViewResponse(done=self._done, total=self._total)


def _view(status: ViewStatus, poisoned: list[PoisonedStream]) -> s.View:
    since = Timestamp()
    since.FromMicroseconds(status.since)
    return s.View(
        name=status.view,
        version=status.version,
        log=status.log,
        state=status.state,
        generation=status.generation,
        since=since,
        positions=[position for _, position in sorted(status.positions.items())],
        rows=status.rows,
        poisoned=[
            s.PoisonedStream(stream=each.stream, version=each.version, event=each.event_type, reason=each.reason)
            for each in poisoned
        ],
    )


def _follower(status: FollowerStatus) -> s.Follower:
    return s.Follower(log=status.log, state=status.state, reason=status.reason, behind=status.behind)


def _result(rebuilt: Rebuilt) -> s.RebuildResult:
    comparison = rebuilt.comparison
    return s.RebuildResult(
        generation=rebuilt.generation,
        rows_before=comparison.live.rows if comparison else 0,
        rows_now=comparison.fresh.rows if comparison else 0,
        same=comparison.same if comparison else True,
    )


def _being_built(view: str) -> Refusal:
    return Refusal(
        Kind.NOT_NOW,
        "VIEW_BEING_BUILT",
        field="view",
        en="This view is being built already. Wait until that build has ended.",
        vi="Dữ liệu tra cứu này đang được dựng lại. Hãy chờ đến khi xong.",
        metadata={"view": view},
    )
