"""Every service in one process: own ports, own SQLite files, one local topic.

DATA/
  platform.lock           held while a platform runs here
  topic.sqlite            the local topic, a cache of the logs
  identity/               log, views, operator.key
  docexchange/            log, views, blobs, spool
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docexchange_service import app as docexchange
from docexchange_service.settings import Settings as DocexchangeSettings
from eventlog.local_topic import LocalTopic
from grpckit.tls import NO_TLS, ServerTls
from identity_service import app as identity
from identity_service.settings import Settings as IdentitySettings

from embedded.derived import check_derived
from embedded.errors import DataInUse, DataUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from docexchange_service.app import DocexchangeApp
    from grpckit.probes import Probed
    from grpckit.server import Server
    from identity_service.app import IdentityApp


@dataclass(frozen=True)
class PlatformSettings:
    """Where it keeps its data and listens, and how; `port_base` 0 means any free ports, else identity is one above."""

    data: Path
    host: str = "127.0.0.1"
    port_base: int = 7000
    partitions: int = 4
    drain: float = 10.0
    tls: ServerTls = NO_TLS

    def port(self, offset: int) -> int:
        """Return the port of a service."""
        return self.port_base + offset if self.port_base else 0


class Platform:
    """The running platform; an async context manager."""

    def __init__(self, settings: PlatformSettings) -> None:
        """Open everything; StoreMismatch or an EmbeddedError when the data folder cannot be used."""
        self._settings = settings
        self._lock = _lock(settings.data)
        try:
            check_derived(settings.data)
            self.topic = LocalTopic(settings.data / "topic.sqlite")
            self.identity: IdentityApp = identity.build(self._identity(), self.topic, tls=settings.tls)
            self.docexchange: DocexchangeApp = docexchange.build(
                self._docexchange(),
                self.topic,
                identity_heads=self.identity.log.store.heads,
                tls=settings.tls,
            )
        except BaseException:
            self._lock.close()
            raise

    @property
    def operator_key(self) -> Path:
        """The operator's key file, there once the platform has started."""
        return self._settings.data / "identity" / "operator.key"

    @property
    def addresses(self) -> dict[str, str]:
        """Where each service listens."""
        return {"identity": self.identity.address, "docexchange": self.docexchange.address}

    @property
    def servers(self) -> Sequence[Server]:
        """The servers whose health goes with the platform's."""
        return (*self.identity.servers, *self.docexchange.servers)

    @property
    def failed(self) -> Mapping[str, BaseException]:
        """What has stopped for good, with the error."""
        services: dict[str, Probed] = {"identity": self.identity, "docexchange": self.docexchange}
        return {f"{name}: {part}": error for name, each in services.items() for part, error in each.failed.items()}

    async def start(self) -> None:
        """Serve; whatever it raises, nothing is left running."""
        try:
            await self.identity.start()
            try:
                await self.docexchange.start()
            except BaseException:
                await self.identity.stop()
                raise
        except BaseException:
            self._release()
            raise

    async def stop(self) -> None:
        """Answer what was accepted and end; the next start goes on from here."""
        await self.docexchange.stop()
        await self.identity.stop()
        self._release()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _release(self) -> None:
        self.topic.close()
        self._lock.close()

    def _identity(self) -> IdentitySettings:
        chosen = self._settings
        return IdentitySettings(
            host=chosen.host,
            port=chosen.port(1),
            data=chosen.data / "identity",
            partitions=chosen.partitions,
            drain=chosen.drain,
        )

    def _docexchange(self) -> DocexchangeSettings:
        chosen = self._settings
        return DocexchangeSettings(
            host=chosen.host,
            port=chosen.port(2),
            data=chosen.data / "docexchange",
            partitions=chosen.partitions,
            identity_partitions=chosen.partitions,
            drain=chosen.drain,
        )


def _lock(data: Path) -> Any:
    """Hold the folder for this process: two on one local topic would each think it theirs."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data / "platform.lock").open("a+")
    except OSError as error:
        raise DataUnusable(data, error.strerror or str(error)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise DataInUse(data) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
