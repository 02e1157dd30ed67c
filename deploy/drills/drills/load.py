"""The load: agencies that send and receive, and an operator who registers and renames agencies meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from grpckit.signing import Signer
from lienthong.docexchange.v1 import mailbox_service_pb2
from lienthong.identity.v1 import agency_service_pb2, system_service_pb2
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from lienthong.log.v1.record_pb2 import Position
from lienthong_sdk import Lienthong

from drills import papers
from drills.finding import must
from drills.ledger import Ledger
from drills.member import Member
from drills.platform import Platform

_SCOPES = ("documents.send", "documents.receive")
_TIMEOUT = 8.0  # seconds of a call
_IDLE_SECONDS = 60.0
_MOST_NEWCOMERS = 20


class Load:
    """Runs against a platform, through its ends and beginnings, until stopped; loads of other waves may be there."""

    def __init__(
        self, running: Platform, rng: random.Random, *, agencies: int = 4, pace: float = 0.02, wave: int = 0
    ) -> None:
        self.identity, self.docexchange = Ledger("identity"), Ledger("docexchange")
        self.members: list[Member] = []
        self.operator: Lienthong  # once prepared
        self._prepared = False
        self._running = running
        self._rng = rng
        first = 10 + 20 * wave
        self._codes = [f"H{first + number}" for number in range(agencies)]
        self._newcomer = f"H{90 + wave}"
        self._pace = pace  # seconds each actor rests after each thing it does
        self._newcomers: list[tuple[str, Position]] = []
        self._registered = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._subscriptions: list[asyncio.Task[None]] = []
        self._go = asyncio.Event()
        self._busy = 0

    async def prepare(self) -> None:
        """Register the agencies and their systems; the platform must be ready."""
        self.operator = Lienthong(
            self._running.addresses, Signer.from_file(self._running.operator_key), timeout=_TIMEOUT
        )
        self._prepared = True
        codes = self._codes
        enrolled: list[Position] = []
        for code in codes:
            signer, position = await self.enrol(code)
            enrolled.append(position)
            client = Lienthong(self._running.addresses, signer, timeout=_TIMEOUT)
            others = [other for other in codes if other != code]
            rng = random.Random(self._rng.getrandbits(60))  # noqa: S311 - no secret
            self.members.append(Member(code, client, self.docexchange, rng, others, self._newcomers))
        for member in self.members:  # docexchange has to know the systems before their first call without `after`
            await member.client.mailbox.ListInbox(mailbox_service_pb2.ListInboxRequest(after=enrolled))

    def start(self) -> None:
        """Begin: two senders and a receiver of each agency, its subscription, and the operator."""
        self._go.set()
        for member in self.members:
            self._tasks += [self._task(self._repeat(member.act)) for _ in range(2)]
            self._tasks.append(self._task(self._repeat(member.deal)))
        self._tasks.append(self._task(self._repeat(self._operate, rest=8)))
        self._subscriptions = [self._task(member.subscribe()) for member in self.members]

    async def pause(self) -> None:
        """Let what is under way end, begin nothing more; subscriptions go on. The platform must be ready."""
        self._go.clear()
        async with asyncio.timeout(_IDLE_SECONDS):
            while self._busy:
                self.check()
                await asyncio.sleep(0.02)

    def resume(self) -> None:
        """Go on."""
        self._go.set()

    def check(self) -> None:
        """Raise what ended a task, if anything did."""
        for task in (*self._tasks, *self._subscriptions):
            if task.done():
                must(not task.cancelled(), f"{task} was cancelled by nobody here")
                task.result()
                raise AssertionError(f"{task} ended by itself")

    async def crash_subscriber(self) -> None:
        """End one agency's subscription; it begins again from the cursor that it has kept."""
        await self.resubscribe(self._rng.choice(self.members))

    async def resubscribe(self, member: Member) -> None:
        """Let an agency subscribe anew, from its cursor: with the client that it has now."""
        index = self.members.index(member)
        await _end([self._subscriptions[index]])
        self._subscriptions[index] = self._task(member.subscribe())

    async def halt(self) -> None:
        """Break off what is under way; the clients stay."""
        await _end([*self._tasks, *self._subscriptions])

    async def stop(self) -> None:
        """End everything."""
        await self.halt()
        if not self._prepared:  # the platform never began, and whoever asks for the end shall hear of that instead
            return
        for client in (self.operator, *(member.client for member in self.members)):
            await client.close()

    async def enrol(self, code: str) -> tuple[Signer, Position]:
        """Register an agency and enrol a system of it; return its key, and where the log says so."""
        signer = Signer.generate(f"{code.lower()}-qlvb")
        registered = await self._register(code)
        enrol = papers.command(
            "systems",
            "EnrolSystem",
            system_service_pb2.EnrolSystemRequest,
            system=signer.system,
            agency=code,
            display_name="Quản lý văn bản",
            role=SYSTEM_ROLE_AGENCY,
            scopes=_SCOPES,
            public_key=signer.public_key,
            after=[registered],
        )
        answer = await self.identity.settle(self.operator, enrol)
        must(answer is not None, self.identity.refused)
        return signer, answer.position

    async def _register(self, code: str) -> Position:
        request = agency_service_pb2.RegisterAgencyRequest
        command = papers.command("agencies", "RegisterAgency", request, code=code, display_name=f"Cơ quan {code}")
        answer = await self.identity.settle(self.operator, command)
        must(answer is not None, self.identity.refused)
        position: Position = answer.position
        return position

    async def _operate(self) -> None:
        if self._rng.random() < 0.5:
            self._registered += 1
            code = f"{self._newcomer}.{self._registered:05}"
            self._newcomers.append((code, await self._register(code)))
            del self._newcomers[:-_MOST_NEWCOMERS]
            return
        code = self._rng.choice(self.members).code
        request = agency_service_pb2.RenameAgencyRequest
        name = f"Cơ quan {code} ({self._rng.randint(1, 10_000)})"
        command = papers.command("agencies", "RenameAgency", request, code=code, display_name=name)
        await self.identity.settle(self.operator, command)

    async def _repeat(self, act: Callable[[], Awaitable[object]], rest: int = 1) -> None:
        while True:
            await self._go.wait()
            self._busy += 1
            try:
                await act()
            finally:
                self._busy -= 1
            await asyncio.sleep(self._pace * rest)

    @staticmethod
    def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.create_task(work)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)  # what they ended with is for `check`
