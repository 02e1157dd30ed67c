"""What a service tells of itself: health, its clock, its log's heads, its views.

A clock is asked by signing: a call that is signed more than a minute off the server's time is refused, with that time.
So two calls are signed, almost a minute early and almost a minute late; both are taken where the clocks agree to within
MARGIN seconds, and nothing is refused that an alarm would count.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
from decider.refusal import Refusal
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpckit.client import Channel, connect
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer, utc_now
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc
from lienthong.views.v1 import views_service_pb2, views_service_pb2_grpc

from lienthong_sdk.commands.doctor.finding import Finding, fail, lag, ok, skipped, warn

if TYPE_CHECKING:
    from grpckit.renewing import ClientTls

MARGIN = 5.0  # seconds
_TOLERANCE = 60.0  # seconds, of the server
_SECONDS = 10.0
_SYNCHRONISE = "synchronise both clocks (chrony, systemd-timesyncd)"


@dataclass(frozen=True)
class Told:
    """What a replica told of its log."""

    log: str
    heads: Sequence[int]


class Replica:
    """One replica, at an address of its own; behind TLS its certificate names `server_name`."""

    def __init__(
        self, subject: str, address: str, signer: Signer | None, tls: ClientTls | None, server_name: str = ""
    ) -> None:
        self._subject = subject
        self._address = address
        self._signer = signer
        self._tls = tls
        self._server_name = server_name
        self.told: Told | None = None

    async def examine(self) -> AsyncIterator[Finding]:
        """Ask it; what follows from an answer that did not come is left out."""
        async with self._connected() as channel:
            health = await self._health(channel)
            yield health
            if health.verdict != "ok":
                return
        if self._signer is None:
            yield skipped(self._subject, "clock, log, views", "--key")
            return
        for finding in await self._clock():
            yield finding
        async with self._connected() as channel:
            try:
                async for finding in self._log(channel):
                    yield finding
            except (Refusal, grpc.aio.AioRpcError) as error:
                yield fail(self._subject, "log", _said(error), "call with the key of an operator: --key")

    def _connected(self, offset: float = 0.0) -> Channel:
        return connect(
            self._address,
            self._signer,
            timeout=_SECONDS,
            retries=NO_RETRIES,
            clock=lambda: utc_now() + timedelta(seconds=offset),
            tls=self._tls,
            server_name=self._server_name,
        )

    async def _health(self, channel: Channel) -> Finding:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest())
        except (Refusal, grpc.aio.AioRpcError) as error:
            return fail(self._subject, "health", _said(error), "read what the service said at its start")
        status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            return fail(self._subject, "health", status, "it stops, or a follower has stopped: read its log")
        return ok(self._subject, "health", status)

    async def _clock(self) -> list[Finding]:
        for offset in (_TOLERANCE - MARGIN, MARGIN - _TOLERANCE):
            async with self._connected(offset) as channel:
                stub = log_service_pb2_grpc.LogServiceStub(channel)
                try:
                    await stub.ListHeads(log_service_pb2.ListHeadsRequest())
                except Refusal as refusal:
                    return [self._refused(refusal, offset)]
                except grpc.aio.AioRpcError as error:
                    return [fail(self._subject, "clock", _said(error), "read the service's log")]
        return [ok(self._subject, "clock", f"within {MARGIN:g} s of ours")]

    def _refused(self, refusal: Refusal, offset: float) -> Finding:
        if refusal.reason != "CLOCK_OFF":
            return fail(self._subject, "key", f"{refusal.reason}: {refusal.en}", "call with an enrolled key: --key")
        off = float(refusal.metadata["difference_seconds"]) - offset
        where = "behind" if off > 0 else "ahead of"
        found = f"the service's clock is {abs(off):.1f} s {where} ours"
        if abs(off) > _TOLERANCE:
            return fail(self._subject, "clock", f"{found}: it refuses every call", _SYNCHRONISE)
        return warn(self._subject, "clock", found, _SYNCHRONISE)

    async def _log(self, channel: Channel) -> AsyncIterator[Finding]:
        answer = await log_service_pb2_grpc.LogServiceStub(channel).ListHeads(log_service_pb2.ListHeadsRequest())
        heads = [each.size for each in answer.heads]
        self.told = Told(answer.log, heads)
        yield ok(self._subject, "log", f"{answer.log}: {sum(heads)} records in {len(heads)} partitions")
        views = views_service_pb2_grpc.ViewsServiceStub(channel)
        found = await views.ListViews(views_service_pb2.ListViewsRequest())
        for follower in found.followers:
            yield self._follower(follower)
        for view in found.views:
            yield self._view(view, heads)

    def _follower(self, follower: views_service_pb2.Follower) -> Finding:
        check = f"follower of {follower.log}"
        if follower.state == "stopped":
            return fail(self._subject, check, f"stopped: {follower.reason}", "read the service's log; start it anew")
        if follower.state == "waiting":
            return warn(self._subject, check, f"waiting: {follower.reason}", "mend that; it goes on by itself")
        return ok(self._subject, check, f"following, {follower.behind} records behind")

    def _view(self, view: views_service_pb2.View, heads: Sequence[int]) -> Finding:
        check = f"view {view.name}"
        if view.poisoned:
            first = view.poisoned[0]
            return fail(
                self._subject,
                check,
                f"{len(view.poisoned)} streams not folded; {first.stream} from version {first.version}: {first.reason}",
                f"mend the program, then `lienthong views retry {view.name} {first.stream}`",
            )
        if view.state != "live":
            return warn(self._subject, check, view.state, "a new version of it is being folded; wait, and look again")
        behind = sum(max(head - at, 0) for head, at in zip(heads, view.positions, strict=False))
        return lag(self._subject, check, behind, "look again; if it does not shrink, read the service's log")


def _said(error: Refusal | grpc.aio.AioRpcError) -> str:
    if isinstance(error, Refusal):
        return f"{error.reason}: {error.en}"
    return f"{error.code().name}: {error.details()}"
