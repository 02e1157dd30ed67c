"""A platform of several processes: identity, and docexchange in replicas, on one PostgreSQL and one Kafka.

DATA/
  identity/            operator.key
  docexchange-N/       spool of replica N
  blobs/               shared by the replicas, as an S3 bucket would be
  NAME.out, NAME.err   what the processes print
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from eventlog.postgresql import migrate
from lienthong_sdk import Addresses

from distributed.process import Process

HOST: Final = "127.0.0.1"
LOGS: Final = ("identity", "docexchange")


@dataclass(frozen=True)
class DistributedSettings:
    """What it runs on, and how large it is. `kafka` may differ from replica to replica, for tests of the network."""

    data: Path
    database_url: str  # an owner's, for the migration; the services work under their own restricted roles
    kafka: str
    replicas: int = 2
    partitions: int = 4
    drain: float = 10.0


class Distributed:
    """The platform; an async context manager."""

    def __init__(self, settings: DistributedSettings) -> None:
        self.settings = settings
        names = ["identity", *(f"docexchange-{number}" for number in range(1, settings.replicas + 1))]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.processes = {name: self._process(name) for name in names}

    @property
    def addresses(self) -> Addresses:
        """Where clients dial; calls to docexchange go round its replicas."""
        replicas = ",".join(f"{HOST}:{port}" for name, port in self._ports.items() if name != "identity")
        return Addresses(f"{HOST}:{self._ports['identity']}", f"ipv4:{replicas}")

    def address(self, name: str) -> str:
        """Return where one process listens."""
        return f"{HOST}:{self._ports[name]}"

    @property
    def operator_key(self) -> Path:
        """The operator's key file, there once identity has been ready."""
        return self.settings.data / "identity" / "operator.key"

    @property
    def blobs(self) -> Path:
        """The folder of all attachments."""
        return self.settings.data / "blobs"

    async def start(self, *names: str) -> None:
        """Bring the schemas up to date and start what does not run, of those named, or of all.

        Whatever it raises, nothing is left running.
        """
        wanted = [self.processes[name] for name in names or self.processes if not self.processes[name].runs]
        self.blobs.mkdir(parents=True, exist_ok=True)
        try:
            for log in LOGS:
                await asyncio.to_thread(migrate, self.settings.database_url, log, self.settings.partitions)
            for process in wanted:
                process.spawn()
            for process in wanted:
                await process.ready()
        except BaseException:
            self.kill()
            raise

    async def stop(self) -> None:
        """Let every process answer what it has accepted and end."""
        patience = self.settings.drain + 20
        await asyncio.gather(*(process.stop(patience) for process in self.processes.values()))

    def kill(self) -> None:
        """End all at once."""
        for process in self.processes.values():
            process.kill()

    def complaints(self) -> Sequence[str]:
        """Return the lines in which any process told of faults."""
        return [line for process in self.processes.values() for line in process.complaints()]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def replace(self, name: str, module: str) -> None:
        """Let another program be a process from its next start on: a newer one than it was."""
        self.processes[name] = self._process(name, module)

    def _process(self, name: str, module: str = "") -> Process:
        service = name.partition("-")[0]
        self.settings.data.mkdir(parents=True, exist_ok=True)
        return Process(name, module or f"{service}_service", self._environment(name, service), self.settings.data)

    def _environment(self, name: str, service: str) -> Mapping[str, str]:
        chosen = self.settings
        own = {
            "host": HOST,
            "port": str(self._ports[name]),
            "data": str(chosen.data / name),
            "partitions": str(chosen.partitions),
            "drain": str(chosen.drain),
        }
        if service != "identity":
            own |= {"identity_partitions": str(chosen.partitions), "blobs": self.blobs.as_uri()}
        shared = {"LIENTHONG_DATABASE_URL": chosen.database_url, "LIENTHONG_KAFKA_BOOTSTRAP": chosen.kafka}
        return shared | {f"LIENTHONG_{service.upper()}_{key.upper()}": value for key, value in own.items()}


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, below those that the kernel gives out by itself: they stay free for a restart."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with contextlib.suppress(OSError):
            socket.create_server((HOST, port)).close()
            found += [port] if port not in found else []
    return found
