"""What it costs to be watched: SendDocument with telemetry on, beside the same without, taking turns.

On: metrics at a scrape port, scraped once in ten seconds of calls, and traces by OTLP to a collector on this machine.
Sampled as production would be (one trace in ten), and every trace for comparison.
"""

from __future__ import annotations

import asyncio
import statistics
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from itertools import count
from typing import Any, TypeAlias

from distributed.platform import free_ports
from lienthong_sdk import Lienthong

from tests.bench import sink
from tests.bench.installation import SENDER, Installation, enrolled, folder, running, send_request
from tests.bench.load import per_second
from tests.bench.loop import run
from tests.bench.result import Result

Send: TypeAlias = Callable[[], Coroutine[Any, Any, object]]

_GOAL = 0.9
_IN_FLIGHT = 32
_ROUNDS, _SECONDS, _PAUSE, _WARM_UP = 48, 0.6, 0.3, 1.5
_SCRAPED = 12  # every so many rounds
_SAMPLERS = {
    "sampled": {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
    "always": {"OTEL_TRACES_SAMPLER": "parentbased_always_on"},
}


def measure() -> list[Result]:
    """Take turns, short ones: the machine is not the same from one second to the next."""
    calls = run(_measured)
    return [_result(name, calls[name], calls["off"]) for name in _SAMPLERS]


def _result(name: str, on: list[float], off: list[float]) -> Result:
    value, ceiling = statistics.median(on), statistics.median(off)
    ratio = statistics.median(each / beside for each, beside in zip(on, off, strict=True))  # of the same few seconds
    if name == "always":
        return Result("send_document_traced_always", value, "calls/s", ceiling, ratio)
    return Result("send_document_traced", value, "calls/s", ceiling, ratio, f"ratio >= {_GOAL}", ratio >= _GOAL)


async def _measured() -> dict[str, list[float]]:
    with ExitStack() as started:
        endpoint = started.enter_context(sink.running())
        ports = dict(zip(_SAMPLERS, free_ports(len(_SAMPLERS)), strict=True))
        platforms = {"off": started.enter_context(_platform(started, {}))}
        for name, sampler in _SAMPLERS.items():
            on = {
                "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
                "OTEL_METRICS_EXPORTER": "none",
                "LIENTHONG_METRICS_PORT": str(ports[name]),
            }
            platforms[name] = started.enter_context(_platform(started, on | sampler))
        async with AsyncExitStack() as opened:
            sending = {name: await _sender(platform, opened) for name, platform in platforms.items()}
            return await _rounds(sending, ports)


def _platform(started: ExitStack, environment: dict[str, str]) -> AbstractContextManager[Installation]:
    return running(started.enter_context(folder()), environment)


async def _sender(platform: Installation, opened: AsyncExitStack) -> Send:
    signers = await enrolled(platform)
    sender = await opened.enter_async_context(Lienthong(platform.addresses, signers[SENDER]))
    numbers = count(1)

    async def send() -> None:
        await sender.documents.SendDocument(send_request(next(numbers)))

    return send


async def _rounds(sending: dict[str, Send], ports: dict[str, int]) -> dict[str, list[float]]:
    calls: dict[str, list[float]] = {name: [] for name in sending}
    for send in sending.values():
        await per_second(send, _IN_FLIGHT, _WARM_UP)
    for turn in range(_ROUNDS):
        for name in _order([*sending], turn):
            scraping = asyncio.create_task(_scrape(ports.get(name, 0) if turn % _SCRAPED == 0 else 0))
            calls[name].append(await per_second(sending[name], _IN_FLIGHT, _SECONDS))
            await scraping
            await asyncio.sleep(_PAUSE)  # what follows the commands (views, relay, spans) is not the next one's
    return calls


def _order(names: list[str], turn: int) -> list[str]:
    """Let each be first, and follow each of the others, equally often: who runs twice in a row runs warm."""
    begin = turn % len(names)
    return names[begin:] + names[:begin]


async def _scrape(port: int) -> None:
    if port:
        await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read())
