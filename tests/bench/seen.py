"""From a send to the line in the receiver's subscription, on a platform that does nothing else."""

from __future__ import annotations

import asyncio
import time

import grpc
from lienthong.docexchange.v1.mailbox_service_pb2 import SubscribeInboxRequest
from lienthong_sdk import Lienthong

from tests.bench import echo
from tests.bench.installation import RECEIVER, SENDER, enrolled, folder, running, send_request
from tests.bench.load import percentile
from tests.bench.loop import run
from tests.bench.result import Result, at_most

_GOAL = 25.0  # ms
SAMPLES, WARM_UP = 400, 40
_PACE = 0.05  # a send every 50 ms
_PATIENCE = 30.0


def measure() -> list[Result]:
    """Send and echo by turns, 20 of each a second."""
    seen, bare = run(_measured)
    return [
        Result("send_to_seen_p50", percentile(seen, 0.5), "ms", percentile(bare, 0.5)),
        at_most("send_to_seen_p99", percentile(seen, 0.99), "ms", _GOAL, ceiling=percentile(bare, 0.99)),
    ]


async def _measured() -> tuple[list[float], list[float]]:
    with folder() as data, running(data) as platform:
        signers = await enrolled(platform)
        async with (
            Lienthong(platform.addresses, signers[SENDER]) as sender,
            Lienthong(platform.addresses, signers[RECEIVER]) as receiver,
        ):
            watch = Watch(receiver)
            await watch.begun.wait()
            size = send_request(1).SerializeToString()
            with echo.running(600) as address:
                async with grpc.aio.insecure_channel(address) as channel:
                    bare = await paced(sender, watch.sent, echo.caller(channel, size))
            await asyncio.wait_for(watch.all_seen.wait(), _PATIENCE)
            watch.end()
    return watch.latencies()[WARM_UP:], bare[WARM_UP:]


async def paced(sender: Lienthong, sent: dict[str, float], call: echo.Call) -> list[float]:
    """Send and call by turns, noting when each document was sent; return the milliseconds of the calls."""
    bare: list[float] = []
    for number in range(1, SAMPLES + WARM_UP + 1):
        begun = time.monotonic()
        sent[f"{number}/UBND-VX"] = begun
        await sender.documents.SendDocument(send_request(number))
        await asyncio.sleep(max(begun + _PACE / 2 - time.monotonic(), 0))
        echoed = time.monotonic()
        await call()
        bare.append((time.monotonic() - echoed) * 1000)
        await asyncio.sleep(max(begun + _PACE - time.monotonic(), 0))
    return bare


class Watch:
    """The receiver's subscription, noting when each document is seen."""

    def __init__(self, receiver: Lienthong) -> None:
        self.begun = asyncio.Event()
        self.all_seen = asyncio.Event()
        self.sent: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self._task = asyncio.create_task(self._follow(receiver))

    def end(self) -> None:
        """End the subscription."""
        self._task.cancel()

    def latencies(self) -> list[float]:
        """Return milliseconds, in order of sending."""
        return [(self.seen[code] - begun) * 1000 for code, begun in self.sent.items()]

    async def _follow(self, receiver: Lienthong) -> None:
        request = SubscribeInboxRequest(from_now=True)
        async for response in receiver.mailbox.SubscribeInbox(request, timeout=600):
            now = time.monotonic()
            self.begun.set()
            for item in response.items:
                self.seen.setdefault(item.code.rpartition(",")[2], now)
            if len(self.seen) == SAMPLES + WARM_UP:
                self.all_seen.set()
