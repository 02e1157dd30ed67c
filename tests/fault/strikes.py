"""Blow after blow on a distributed platform under load, and what must hold after each.

As in `kills`: what was acknowledged stands once where it was told, nothing refused stands anywhere, the logs continue
what was read of them, repeated requests get their first answers. Every AUDIT_EVERY blows and at the end each subscriber
has seen its whole inbox, and the full audit is clean, of Kafka's partitions too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from drills.spread import Spread
from drills.watching import Watch

from tests.fault.blows import Blow

AUDIT_EVERY = 20


@dataclass
class Struck:
    """What a campaign did."""

    kills: int = 0
    blows: dict[str, int] = field(default_factory=dict)
    audits: int = 0
    records: int = 0
    acknowledged: int = 0
    repeated: int = 0
    seconds: float = 0.0


class Strikes:
    """Strikes one platform over and over; everything random is drawn from the seed."""

    def __init__(self, platform: Spread, seed: int, *, agencies: int = 3, pace: float = 0.05) -> None:
        self.struck = Struck()
        self._platform = platform
        self._rng = random.Random(seed)  # noqa: S311 - no secret
        self.watch = Watch(platform, self._rng, agencies=agencies, pace=pace)
        self._began = time.monotonic()

    async def at_random(
        self, blows: Mapping[Blow, int], kills: int, seconds: float, tell: Callable[[Struck], None]
    ) -> None:
        """Strike until so many processes were killed, or for so long; `tell` is told after each audit."""
        try:
            await self.watch.begin()
            names, weights = list(blows), list(blows.values())
            while self.struck.kills < kills and time.monotonic() - self._began < seconds:
                await self._strike(self._rng.choices(names, weights)[0])
                if sum(self.struck.blows.values()) % AUDIT_EVERY == 0:
                    await self._audit(tell)
                await self.watch.check()
            await self._audit(tell)
        finally:
            await self.watch.end()

    async def each(self, blows: Sequence[Blow]) -> None:
        """Strike once with each blow, check after each, and audit at the end."""
        try:
            await self.watch.begin()
            await asyncio.sleep(1)
            for blow in blows:
                await self._strike(blow)
                await self.watch.check()
            await self._audit(lambda _struck: None)
        finally:
            await self.watch.end()

    async def _strike(self, blow: Blow) -> None:
        await asyncio.sleep(self._rng.uniform(0.1, 1.0))
        self.struck.kills += await blow(self._platform, self._rng)
        name = getattr(blow, "__name__", "blow")
        self.struck.blows[name] = self.struck.blows.get(name, 0) + 1
        if self._rng.random() < 0.5:
            await self.watch.load.crash_subscriber()

    async def _audit(self, tell: Callable[[Struck], None]) -> None:
        watch, struck = self.watch, self.struck
        await watch.settle()
        await watch.audit()
        struck.audits += 1
        struck.repeated = watch.repeated
        struck.records = sum(mirror.size for mirror in watch.mirrors.values())
        struck.acknowledged = len(watch.load.identity.acknowledged) + len(watch.load.docexchange.acknowledged)
        struck.seconds = time.monotonic() - self._began
        tell(struck)
        watch.load.resume()
