"""A distributed platform that is struck: its processes, its PostgreSQL and its Kafka, each of which can be struck."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from distributed.platform import Distributed, DistributedSettings
from grpckit.signing import Signer
from kafka_local import Kafka
from lienthong_sdk import Addresses
from postgresql_local import Postgresql
from tour.audit import Log, audit
from tour.on_distributed import audited

from drills.finding import must
from drills.mirror import Mirror
from drills.stored import blobs_are_whole, by_partition, holds_what_was_read, stored_attachments


class Spread:
    """A `Platform` of several processes. Faults strike `processes`, `postgresql` and `kafka`."""

    def __init__(self, folder: Path, postgresql: Postgresql, kafka: Kafka, bootstrap: str, replicas: int) -> None:
        self.postgresql, self.kafka = postgresql, kafka
        url = postgresql.database("platform")
        self.settings = DistributedSettings(folder, url, bootstrap, replicas, drain=1.0)
        self._platform = Distributed(self.settings)
        self.processes = self._platform.processes
        self._operator_key: Path | None = None
        self.replace = self._platform.replace
        self.addresses: Addresses = self._platform.addresses

    @property
    def replicas(self) -> Sequence[str]:
        """The processes of docexchange."""
        return [name for name in self.processes if name != "identity"]

    @property
    def operator_key(self) -> Path:
        """See `Platform.operator_key`; the last one that it was given."""
        return self._operator_key or self._platform.operator_key

    def keep_operator_key(self, signer: Signer) -> None:
        """Keep a key that the operator has from now on."""
        self._operator_key = self.settings.data / f"operator-{signer.key_id}.key"
        signer.save(self._operator_key)

    async def start(self, *names: str) -> None:
        """See `Platform.start`; with names, only those. What runs already goes on."""
        await self._platform.start(*names)

    def address(self, name: str) -> str:
        """Return where one process listens."""
        return self._platform.address(name)

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
        chosen = self.settings
        with audited(chosen.database_url, self.kafka.bootstrap, chosen.partitions) as services:
            found = await audit(services)
            must(found.clean, found)
            for each in services:
                records = await asyncio.to_thread(by_partition, each.log)
                holds_what_was_read(mirrors.get(each.log.log), records)
            stored = stored_attachments(_named("docexchange", [each.log for each in services]))
        await asyncio.to_thread(blobs_are_whole, self._platform.blobs, stored)


def _named(log: str, stores: Sequence[Log]) -> Log:
    [found] = [store for store in stores if store.log == log]
    return found
