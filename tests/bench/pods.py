"""What one replica of each service takes, as a pod runs it: the program alone, on PostgreSQL and Kafka.

Ready with data that is there and engines that answer; the pull of an image, the scheduler and the probe's period come
on top, and are seen on a cluster: docs/operations/kubernetes.md.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import ExitStack
from itertools import count

import psutil  # type: ignore[import-untyped]
from distributed.platform import Distributed, DistributedSettings
from distributed.process import Process
from kafka_local import Kafka
from lienthong.docexchange.v1.mailbox_service_pb2 import ListInboxRequest
from lienthong_sdk import Lienthong
from postgresql_local import Postgresql

from tests.bench.installation import RECEIVER, SENDER, enrolled, folder, resident, send_request
from tests.bench.load import per_second
from tests.bench.loop import run
from tests.bench.result import Result

_SECONDS, _IN_FLIGHT, _LISTS = 8.0, 32, 100
_STARTS = 3
_PATIENCE = 30.0


def measure() -> list[Result]:
    """Load a platform, note the memory of its processes, and start each of them again, one after the other."""
    with ExitStack() as started:
        data = started.enter_context(folder())
        server, kafka = started.enter_context(Postgresql()), started.enter_context(Kafka())
        settings = DistributedSettings(data, server.database("platform"), kafka.bootstrap, replicas=1)
        return run(lambda: _measured(settings))


async def _measured(settings: DistributedSettings) -> list[Result]:
    results = []
    async with Distributed(settings) as platform:
        await _burst(platform)
        for name, process in platform.processes.items():
            service = name.partition("-")[0]
            memory = resident(psutil.Process(process.pid))
            ready = statistics.median([await _ready_seconds(process) for _ in range(_STARTS)])
            results += [
                Result(f"pod_{service}_memory", memory, "MB"),
                Result(f"pod_{service}_ready", ready, "s"),
            ]
    return results


async def _ready_seconds(process: Process) -> float:
    await process.stop(_PATIENCE)
    begun = time.monotonic()
    process.spawn()
    await process.ready()
    return time.monotonic() - begun


async def _burst(platform: Distributed) -> None:
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
