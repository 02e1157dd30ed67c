"""A tour on processes of their own: identity, and docexchange in two replicas, on PostgreSQL and Apache Kafka.

The engines are those that tests get (`engines`): named in the environment, else in Docker, else on this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from distributed.errors import EngineMissing
from distributed.platform import LOGS, Distributed, DistributedSettings
from engines.kafka import NoBroker, kafka
from engines.postgresql import NoServer, database, postgresql
from eventlog.kafka import KafkaSettings, KafkaTopic
from lienthong_sdk.client import Addresses

from tour.audit import Audit, Audited, audit
from tour.stores import open_stores


class OnDistributed:
    """A `Host` of several processes."""

    def __init__(self, platform: Distributed, engines: Mapping[str, str]) -> None:
        self._platform = platform
        self.engines = engines

    @property
    def addresses(self) -> Addresses:
        """See `Host.addresses`."""
        return self._platform.addresses

    @property
    def operator_key(self) -> Path:
        """See `Host.operator_key`."""
        return self._platform.operator_key

    async def audit(self, tell: Callable[[str], None]) -> Audit:
        """See `Host.audit`: over connections of its own."""
        chosen = self._platform.settings
        with audited(chosen.database_url, chosen.kafka, chosen.partitions) as services:
            return await audit(services, tell)


@contextlib.contextmanager
def audited(database_url: str, bootstrap: str, partitions: int) -> Iterator[list[Audited]]:
    """Open what there is to audit of a platform, beside whatever runs on it."""
    with contextlib.ExitStack() as opened:
        topic = KafkaTopic(KafkaSettings(bootstrap))
        opened.callback(topic.close)
        yield [open_stores(database_url, log, partitions, topic, opened) for log in LOGS]


@contextlib.asynccontextmanager
async def started(data: Path) -> AsyncIterator[OnDistributed]:
    """Give a running platform; EngineMissing where an engine cannot be had, or has data already."""
    with contextlib.ExitStack() as had:
        try:
            server = had.enter_context(postgresql())
            broker = had.enter_context(kafka())
        except NoServer as error:
            raise EngineMissing("PostgreSQL", str(error)) from error
        except NoBroker as error:
            raise EngineMissing("Apache Kafka", str(error)) from error
        settings = DistributedSettings(data, had.enter_context(database(server.url)), broker.bootstrap)
        await asyncio.to_thread(_must_be_empty, settings)
        async with Distributed(settings) as platform:
            yield OnDistributed(platform, {"database": server.described, "broker": broker.described})


def _must_be_empty(settings: DistributedSettings) -> None:
    topic = KafkaTopic(KafkaSettings(settings.kafka))
    try:
        for log in LOGS:
            if any(topic.heads(log, settings.partitions)):
                raise EngineMissing("Apache Kafka", f"{settings.kafka} holds records of {log}; a tour begins with none")
    finally:
        topic.close()
