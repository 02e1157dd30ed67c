"""What the platform takes: memory after a burst of load, and time to be ready with data that is there."""

from __future__ import annotations

import asyncio
import statistics
from itertools import count
from pathlib import Path

from lienthong.docexchange.v1.mailbox_service_pb2 import ListInboxRequest
from lienthong_sdk import Lienthong

from tests.bench.installation import RECEIVER, SENDER, Installation, enrolled, folder, running, send_request
from tests.bench.load import per_second
from tests.bench.loop import run
from tests.bench.result import Result, at_most

_MEMORY_GOAL, _READY_GOAL = 300.0, 5.0  # MB; seconds
_SECONDS, _IN_FLIGHT, _LISTS = 10.0, 32, 200
_STARTS = 3


def measure() -> list[Result]:
    """Load a fresh platform, stop it, and start it again on what it has stored."""
    with folder() as data:
        memory = _loaded(data)
        ready = statistics.median(_ready_seconds(data) for _ in range(_STARTS))
    return [at_most("memory", memory, "MB", _MEMORY_GOAL), at_most("ready", ready, "s", _READY_GOAL)]


def _ready_seconds(data: Path) -> float:
    with running(data) as platform:
        return platform.ready_seconds


def _loaded(data: Path) -> float:
    with running(data) as platform:
        run(lambda: _burst(platform))
        return platform.rss()


async def _burst(platform: Installation) -> None:
    signers = await enrolled(platform)
    numbers = count(1)
    async with (
        Lienthong(platform.addresses, signers[SENDER]) as sender,
        Lienthong(platform.addresses, signers[RECEIVER]) as receiver,
    ):

        async def send() -> None:
            await sender.documents.SendDocument(send_request(next(numbers)))

        await per_second(send, _IN_FLIGHT, _SECONDS)
        for _ in range(_LISTS):
            await receiver.mailbox.ListInbox(ListInboxRequest(page_size=1000))
        await asyncio.sleep(1)
