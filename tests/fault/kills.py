"""Kills at random moments under load, and what must hold after each.

After every kill: what was acknowledged stands in the log once, where it was told; refused commands stand nowhere; the
log continues what was read of it before; and a sample of acknowledged requests, sent again, gets its first answers.
Every AUDIT_EVERY kills and at the end: each subscriber has seen each line of its inbox at its last position, and the
full audit (`whole`) of the folder as the kill left it is clean.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from drills.watching import Watch

from tests.fault.running import Running

AUDIT_EVERY = 10
_DURING_START = 0.15  # how often the next kill comes before the platform is ready


@dataclass
class Tally:
    """What a campaign did."""

    kills: int = 0
    during_start: int = 0
    repeated: int = 0
    audits: int = 0
    records: int = 0
    acknowledged: int = 0
    seconds: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)


class Campaign:
    """Kills one platform over and over; everything random is drawn from the seed."""

    def __init__(self, platform: Running, seed: int, *, agencies: int = 4, pace: float = 0.02) -> None:
        self.tally = Tally()
        self._platform = platform
        self._rng = random.Random(seed)  # noqa: S311 - no secret
        self._watch = Watch(platform, self._rng, agencies=agencies, pace=pace)

    async def run(self, kills: int, seconds: float, tell: Callable[[Tally], None]) -> None:
        """Kill so many times, or for so long; `tell` is told after each audit. AssertionError at the first finding."""
        began = time.monotonic()
        try:
            await self._watch.begin()
            while self.tally.kills < kills:
                last = self.tally.kills + 1 >= kills or time.monotonic() - began > seconds
                if last or (self.tally.kills + 1) % AUDIT_EVERY == 0:
                    await self._kill_and_audit()
                    self._count(began)
                    tell(self.tally)
                else:
                    await self._kill()
                if last:
                    return
                await self._platform.start()
                self._watch.load.resume()
                await self._watch.check()
                await asyncio.sleep(self._rng.uniform(0.1, 1.2))
        finally:
            await self._watch.end()

    async def _kill(self) -> None:
        self._end()
        spool = self._platform.data / "docexchange" / "spool"
        (spool / "tmp-of-a-killed-run").write_bytes(b"half a message")
        if self._rng.random() < _DURING_START and (self.tally.kills + 1) % AUDIT_EVERY:
            self._platform.spawn()
            await asyncio.sleep(self._rng.uniform(0.2, 2.5))
            self._end()
            self.tally.during_start += 1
        if self._rng.random() < 0.5:
            await self._watch.load.crash_subscriber()

    async def _kill_and_audit(self) -> None:
        await self._watch.settle()
        self._end()
        await self._watch.audit()
        self.tally.audits += 1

    def _end(self) -> None:
        self._platform.kill()
        self.tally.kills += 1

    def _count(self, began: float) -> None:
        watch, tally = self._watch, self.tally
        tally.repeated = watch.repeated
        tally.records = sum(mirror.size for mirror in watch.mirrors.values())
        tally.acknowledged = len(watch.load.identity.acknowledged) + len(watch.load.docexchange.acknowledged)
        tally.seconds = time.monotonic() - began
        tally.types = dict(watch.mirrors["docexchange"].types + watch.mirrors["identity"].types)
        tally.failures = dict(watch.load.docexchange.failures)
        reasons = list(watch.load.docexchange.refused.values())
        tally.refused = {reason: reasons.count(reason) for reason in sorted(set(reasons))}
