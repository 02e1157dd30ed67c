"""A tour on the embedded platform: every service in this process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from embedded.platform import Platform, PlatformSettings
from grpckit.server import ServerError
from lienthong_sdk.client import Addresses

from tour.audit import Audit, Audited, audit
from tour.own_views import OwnViews

STAY_PORTS: Final = 7000


class Embedded:
    """A `Host` that is a platform of this process."""

    engines: Mapping[str, str] = {}

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @property
    def addresses(self) -> Addresses:
        """See `Host.addresses`."""
        at = self._platform.addresses
        return Addresses(at["identity"], at["docexchange"])

    @property
    def operator_key(self) -> Path:
        """See `Host.operator_key`."""
        return self._platform.operator_key

    async def audit(self, tell: Callable[[str], None]) -> Audit:
        """See `Host.audit`."""
        return await audit(audited(self._platform), tell)


def audited(platform: Platform) -> list[Audited]:
    """Return what there is to audit of a platform."""
    apps = (platform.identity, platform.docexchange)
    return [Audited(app.log.store, OwnViews(app.views), platform.topic) for app in apps]


@contextlib.asynccontextmanager
async def started(
    data: Path, port_base: int | None, *, stay: bool, tell: Callable[[str], None]
) -> AsyncIterator[Embedded]:
    """Give a running platform; without a choice of ports, those of `lienthong up` if it stays and they are free."""
    settings = PlatformSettings(data=data, port_base=port_base if port_base is not None else STAY_PORTS * stay)
    platform = Platform(settings)
    try:
        await platform.start()
    except ServerError as error:
        if port_base is not None or not stay:
            raise
        tell(f"{error}: other ports are taken")
        platform = Platform(replace(settings, port_base=0))
        await platform.start()
    try:
        yield Embedded(platform)
    finally:
        await platform.stop()
