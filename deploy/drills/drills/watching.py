"""A platform under load, and what must hold of it at any moment: the platform must be ready when it is asked."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Generic, TypeVar

from grpckit.client import Channel, connect
from grpckit.retries import Retries
from grpckit.signing import Signer

from drills.finding import must
from drills.ledger import Answered, Ledger, digest_of
from drills.load import Load
from drills.mirror import Mirror, Place, Row, places
from drills.platform import Platform

MAY_BE_REFUSED = {  # by rivals: a change that crosses another, a copy that is gone meanwhile
    "CHANGE_PENDING",
    "CHANGE_UNKNOWN",
    "COPY_GONE",
    "NOBODY_TO_ASK",
    "STATUS_NOT_ALLOWED",
}
_REPEATED = 8  # acknowledged requests that are sent again at each check
_SEEN_SECONDS = 30.0
_PATIENT = Retries(attempts=60, longest=0.5)


P = TypeVar("P", bound=Platform)


class Watch(Generic[P]):
    """A platform with its load, and mirrors of its logs."""

    def __init__(
        self, platform: P, rng: random.Random, *, agencies: int = 4, pace: float = 0.02, wave: int = 0
    ) -> None:
        self.platform = platform
        self.load = Load(platform, rng, agencies=agencies, pace=pace, wave=wave)
        self.mirrors = {name: Mirror(name, 4) for name in ("identity", "docexchange")}
        self.repeated = 0
        self._rng = rng

    async def begin(self) -> None:
        """Start the platform and the load."""
        await self.platform.start()
        await self.load.prepare()
        self.load.start()

    async def end(self) -> None:
        """End both."""
        self.platform.kill()
        await self.load.stop()

    async def check(self) -> None:
        """Check what was told against the logs, read on from where they were read before, and repeat some requests."""
        self.load.check()
        must(not self.platform.complaints(), self.platform.complaints())
        for ledger in (self.load.identity, self.load.docexchange):
            unexpected = set(ledger.refused.values()) - MAY_BE_REFUSED
            must(not unexpected, unexpected)
            known = places(ledger)
            mirror = self.mirrors[ledger.log]
            async with self._channel(ledger.log) as channel:
                await mirror.catch_up(channel)
            mirror.holds(ledger, known)
            await self._repeat_some(ledger)

    async def settle(self) -> None:
        """Let the load come to rest, check, and wait until each subscriber has seen all of its inbox as it is."""
        await self.load.pause()
        await self.check()
        end = time.monotonic() + _SEEN_SECONDS
        while missed := self.missed():
            self.load.check()
            cursors = [member.cursor for member in self.load.members]
            must(time.monotonic() < end, f"lines not seen as they are: {missed}; cursors {cursors}")
            await asyncio.sleep(0.2)
            async with self._channel("docexchange") as channel:  # what was replaced is asked about a moment later
                await self.mirrors["docexchange"].catch_up(channel)

    async def audit(self) -> None:
        """Audit the platform as its kind is audited."""
        await self.platform.audit(self.mirrors)

    def missed(self) -> dict[Row, tuple[Place | None, Place | None]]:
        """Return the lines of inboxes where the log and what the subscriber saw last differ, with both places."""
        codes = {member.code for member in self.load.members}
        wanted = {row: place for row, place in self.mirrors["docexchange"].inbox.items() if row[0] in codes}
        seen = {row: place for member in self.load.members for row, place in member.seen.items()}
        rows = wanted.keys() | seen.keys()
        return {row: (wanted.get(row), seen.get(row)) for row in rows if wanted.get(row) != seen.get(row)}

    def _channel(self, log: str) -> Channel:
        """Open a channel of the operator's; patient, for gRPC dials a dead address again only after up to 5 s."""
        operator = Signer.from_file(self.platform.operator_key)
        at = self.platform.addresses
        return connect(getattr(at, log), operator, timeout=30, retries=_PATIENT, tls=at.tls)

    async def _repeat_some(self, ledger: Ledger) -> None:
        answered = list(ledger.acknowledged.values())
        chosen = [*answered[-_REPEATED // 2 :], *self._rng.sample(answered, min(_REPEATED // 2, len(answered)))]
        for each in chosen:
            await gets_its_first_answer(each)
            self.repeated += 1


async def gets_its_first_answer(answered: Answered) -> None:
    """Send an acknowledged command once more; Found when it is answered otherwise."""
    again = Ledger("identity" if answered.command.service in {"agencies", "systems"} else "docexchange")
    answer = await again.settle(answered.client, answered.command)
    what = f"{answered.command.rpc} {answered.command.request_id}"
    must(answer is not None, f"{what} was acknowledged, and is refused now: {again.refused}")
    must(digest_of(answer) == answered.digest, f"{what} got another answer than the first: {answer}")
