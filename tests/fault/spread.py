"""A distributed platform under test: its processes, its PostgreSQL and its Kafka, each of which can be struck."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from distributed.platform import Distributed, DistributedSettings
from eventlog.store import Store
from kafka_local import Kafka, KafkaLocalError
from lienthong_sdk import Addresses
from postgresql_local import Postgresql, PostgresqlLocalError
from tour.audit import audit
from tour.on_distributed import audited

from tests.fault.mirror import Mirror
from tests.fault.whole import blobs_are_whole, by_partition, holds_what_was_read, stored_attachments


class Spread:
    """A `Platform` of several processes. Faults strike `processes`, `postgresql` and `kafka`."""

    def __init__(self, folder: Path, postgresql: Postgresql, kafka: Kafka, bootstrap: str, replicas: int) -> None:
        self.postgresql, self.kafka = postgresql, kafka
        url = postgresql.database("platform")
        self._settings = DistributedSettings(folder, url, bootstrap, replicas, drain=1.0)
        self._platform = Distributed(self._settings)
        self.processes = self._platform.processes
        self.addresses: Addresses = self._platform.addresses

    @property
    def replicas(self) -> Sequence[str]:
        """The processes of docexchange."""
        return [name for name in self.processes if name != "identity"]

    @property
    def operator_key(self) -> Path:
        """See `Platform.operator_key`."""
        return self._platform.operator_key

    async def start(self) -> None:
        """See `Platform.start`; what runs already goes on."""
        await self._platform.start()

    async def restart(self, *names: str) -> None:
        """Start processes that were killed, and wait until they serve."""
        for name in names:
            self.processes[name].spawn()
        for name in names:
            await self.processes[name].ready()

    def kill(self) -> None:
        """See `Platform.kill`."""
        self._platform.kill()

    def complaints(self) -> Sequence[str]:
        """See `Platform.complaints`."""
        return self._platform.complaints()

    async def audit(self, mirrors: Mapping[str, Mirror]) -> None:
        """Audit it beside what runs: everything must have come to rest, or come to it."""
        chosen = self._settings
        with audited(chosen.database_url, self.kafka.bootstrap, chosen.partitions) as services:
            found = await audit(services)
            assert found.clean, found
            for each in services:
                records = await asyncio.to_thread(by_partition, each.store)
                holds_what_was_read(mirrors.get(each.store.log), records)
            stored = stored_attachments(_named("docexchange", [each.store for each in services]))
        await asyncio.to_thread(blobs_are_whole, self._platform.blobs, stored)


def _named(log: str, stores: Sequence[Store]) -> Store:
    [found] = [store for store in stores if store.log == log]
    return found


@contextlib.contextmanager
def spread(folder: Path, *, nodes: int = 1, replicas: int = 2, proxy: int = 0) -> Iterator[Spread]:
    """Give a platform on engines of its own, not started yet; whatever happens, all of it is ended.

    With `proxy` the services reach Kafka at that port, where the caller has a proxy to `kafka.beyond_proxy`. Skips the
    test where an engine cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as started:
        try:
            postgresql = started.enter_context(Postgresql())
            kafka = started.enter_context(Kafka(nodes, proxy=proxy))
        except (PostgresqlLocalError, KafkaLocalError) as error:
            pytest.skip(str(error))
        bootstrap = f"127.0.0.1:{proxy}" if proxy else kafka.bootstrap
        platform = Spread(folder, postgresql, kafka, bootstrap, replicas)
        try:
            yield platform
        finally:
            platform.kill()
