"""SendDocument, signed and durable, beside a bare echo of the same message sizes: taking turns, in the same minute."""

from __future__ import annotations

import asyncio
import statistics
from itertools import count

import grpc
from lienthong_sdk import Lienthong

from tests.bench import echo
from tests.bench.installation import SENDER, enrolled, folder, running, send_request
from tests.bench.load import per_second
from tests.bench.loop import run
from tests.bench.result import Result

_GOAL = 0.5
_IN_FLIGHT = 32
_ROUNDS, _SECONDS, _WARM_UP = 7, 2.0, 1.5


def measure() -> list[Result]:
    """Take turns; the medians count."""
    ours, bare = run(_measured)
    value, ceiling = statistics.median(ours), statistics.median(bare)
    ratio = value / ceiling
    return [Result("send_document_vs_echo", value, "calls/s", ceiling, ratio, f"ratio >= {_GOAL}", ratio >= _GOAL)]


async def _measured() -> tuple[list[float], list[float]]:
    with folder() as data, running(data) as platform:
        signers = await enrolled(platform)
        numbers = count(1)
        async with Lienthong(platform.addresses, signers[SENDER]) as sender:
            first = send_request(next(numbers))
            answer = await sender.documents.SendDocument(first)

            async def send() -> None:
                await sender.documents.SendDocument(send_request(next(numbers)))

            with echo.running(answer.ByteSize()) as address:
                async with grpc.aio.insecure_channel(address) as channel:
                    call = echo.caller(channel, first.SerializeToString())
                    await per_second(send, _IN_FLIGHT, _WARM_UP)
                    await per_second(call, _IN_FLIGHT, _WARM_UP)
                    ours, bare = [], []
                    for _ in range(_ROUNDS):
                        ours.append(await per_second(send, _IN_FLIGHT, _SECONDS))
                        await asyncio.sleep(0.5)  # what follows the commands (views, relay) is not the echo's
                        bare.append(await per_second(call, _IN_FLIGHT, _SECONDS))
    return ours, bare
