"""From a send to those who see it, on PostgreSQL and Kafka, while the platform does nothing else.

Two see it: another service, which reads docexchange's log through Kafka, and the receiver's subscription, which may be
at the other replica.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack
from typing import Any

import grpc
from distributed.platform import Distributed, DistributedSettings
from eventlog.kafka import KafkaSettings, KafkaTopic
from eventlog.record import Recorded
from eventlog.topic import Feed
from kafka_local import Kafka
from lienthong_sdk import Lienthong
from postgresql_local import Postgresql

from tests.bench import echo
from tests.bench.installation import RECEIVER, SENDER, enrolled, folder, send_request
from tests.bench.load import percentile
from tests.bench.loop import run
from tests.bench.result import Result, at_most
from tests.bench.seen import SAMPLES, WARM_UP, Watch, paced

_GOAL = 60.0  # ms
_LOG, _PARTITIONS = "docexchange", 4
_PATIENCE = 60.0


def measure() -> list[Result]:
    """Send and echo by turns, 20 of each a second."""
    with ExitStack() as started:
        data = started.enter_context(folder())
        server, kafka = started.enter_context(Postgresql()), started.enter_context(Kafka())
        settings = DistributedSettings(data, server.database("platform"), kafka.bootstrap)
        crossed, seen, bare = run(lambda: _measured(settings))
    return [
        Result("send_to_seen_kafka_p50", percentile(crossed, 0.5), "ms", percentile(bare, 0.5)),
        at_most("send_to_seen_kafka_p99", percentile(crossed, 0.99), "ms", _GOAL, ceiling=percentile(bare, 0.99)),
        Result("send_to_seen_replica_p99", percentile(seen, 0.99), "ms", percentile(bare, 0.99)),
    ]


async def _measured(settings: DistributedSettings) -> tuple[list[float], list[float], list[float]]:
    async with Distributed(settings) as platform:
        signers = await enrolled(platform)
        topic = KafkaTopic(KafkaSettings(settings.kafka))
        reader = _Reader(topic.source(_LOG, _PARTITIONS).subscribe("bench", dict.fromkeys(range(_PARTITIONS), 0)))
        async with (
            Lienthong(platform.addresses, signers[SENDER]) as sender,
            Lienthong(platform.addresses, signers[RECEIVER]) as receiver,
        ):
            watch = Watch(receiver)
            await watch.begun.wait()
            with echo.running(600) as address:
                async with grpc.aio.insecure_channel(address) as channel:
                    call = echo.caller(channel, send_request(1).SerializeToString())
                    bare = await paced(sender, watch.sent, call)
            await asyncio.wait_for(watch.all_seen.wait(), _PATIENCE)
            await asyncio.to_thread(reader.all_seen.wait, _PATIENCE)
            watch.end()
        reader.end()
        topic.close()
    crossed = [(reader.seen[code] - begun) * 1000 for code, begun in watch.sent.items()]
    return crossed[WARM_UP:], watch.latencies()[WARM_UP:], bare[WARM_UP:]


class _Reader:
    """Another service: it reads the log through Kafka, in a thread."""

    def __init__(self, feed: Feed) -> None:
        self.seen: dict[str, float] = {}
        self.all_seen = threading.Event()
        self._feed = feed
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._feed.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            for recorded in self._feed.poll(1000, 1.0):
                self._note(recorded)
            if len(self.seen) == SAMPLES + WARM_UP:
                self.all_seen.set()
        self._feed.close()

    def _note(self, recorded: Recorded) -> None:
        if recorded.type_name.endswith(".DocumentSent"):
            event: Any = recorded.event
            self.seen[event.code.rpartition(",")[2]] = time.monotonic()
