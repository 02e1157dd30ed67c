"""The day, stage by stage, through nothing but addresses, key files and the SDK."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from grpckit.signing import Signer
from lienthong_sdk.client import Addresses

from tour import malformed
from tour.board import Board
from tour.checks import Checks
from tour.country import Country, enrol
from tour.malformed_calls import Scene
from tour.malformed_messages import SENDER
from tour.messages import Messages
from tour.places import MERGED, Place
from tour.receivers import Desk, Receiver
from tour.senders import Pace, Senders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tour.plan import Plan, Planned
    from tour.show import Show

RATE: Final = 40.0  # documents a second at most
_RECEIVING: Final = 4  # calls of receivers at a time
_STALLED: Final = 60.0  # seconds without any progress after which the day is given up
_TICK: Final = 0.2


@dataclass(frozen=True)
class Setting:
    """Where the day is played: the platform, key files, a folder for what is under way, and the calendar day."""

    addresses: Addresses
    operator_key: Path
    keys: Path
    folder: Path
    today: date


class Day:
    """Plays a plan; `board` tells what happened."""

    def __init__(self, plan: Plan, places: Sequence[Place], setting: Setting, show: Show) -> None:
        self.board = Board(plan)
        self._plan = plan
        self._places = places
        self._setting = setting
        self._show = show
        self._receivers: dict[str, Receiver] = {}
        self._begun = 0.0

    async def play(self) -> None:
        """Play it from the first registration to the last check; all clients are closed then."""
        self._show.stage("Agencies register", len(self._places))
        setting = self._setting
        country = await enrol(setting.addresses, setting.operator_key, setting.keys, self._places, self._show.advance)
        async with country.closing:
            async with self._receiving(country), self._changing(country) as senders:
                await self._exchange(country, senders)
            await self._refusals(country)
            self._show.stage("Mailboxes are checked", len(self._places) - 1)
            await Checks(country, self.board, setting.today).run(self._show.advance)

    async def _exchange(self, country: Country, senders: Senders) -> None:
        self._begun = monotonic()
        await self._send("Morning: sending", senders, self._plan.morning)
        await self._until(lambda: self.board.count["deliveries"] >= self._sent_copies())
        self._show.stage("A province is merged", 1)
        await self._receivers.pop(MERGED).stop()
        await country.merge()
        await self._send("Afternoon: sending", senders, self._plan.afternoon)
        self._show.stage("Receivers finish", len(self.board.copies))
        await self._until(lambda: not self.board.left)

    async def _send(self, title: str, senders: Senders, documents: Sequence[Planned]) -> None:
        self._show.stage(title, len(documents))
        sent = 0

        def done() -> None:
            nonlocal sent
            sent += 1
            self._show.advance(sent, self._note())

        await senders.send_all(documents, done)

    def _sent_copies(self) -> int:
        """Return how many copies there are of what has been sent."""
        return sum(len(self.board.documents[code].copies) for code in list(self.board.ids))

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Return when it is so, or when nothing has moved for too long: then that is a failure."""
        while not reached():
            self._show.advance(len(self.board.copies) - self.board.left, self._note())
            if monotonic() - self.board.moved > _STALLED:
                waiting = [key for key, each in self.board.copies.items() if not each.done]
                self.board.failed(f"nothing moved for {_STALLED:.0f} s; {len(waiting)} copies wait, first {waiting[0]}")
                return
            await asyncio.sleep(_TICK)

    def _note(self) -> str:
        board = self.board
        statuses = sum(board.statuses.values())
        rate = statuses / max(monotonic() - self._begun, 0.001)
        return f"{board.count['deliveries']:,} seen, {rate:,.0f} statuses/s"

    async def _refusals(self, country: Country) -> None:
        self._show.stage("Malformed is refused", len(malformed.CASES))
        [place] = [place for place in self._places if place.code == SENDER]
        signer = Signer.from_file(country.key_file(place))
        scene = Scene(country, self.board, self._setting.folder, self._setting.today, signer)
        await malformed.try_all(scene, self.board, self._show.advance)

    @contextlib.asynccontextmanager
    async def _receiving(self, country: Country) -> AsyncIterator[None]:
        """Have every agency follow its inbox."""
        desk = Desk(self.board, asyncio.Semaphore(_RECEIVING), self._setting.folder)
        self._receivers = {code: Receiver(code, client, desk) for code, client in country.clients.items()}
        for receiver in self._receivers.values():
            receiver.start()
        try:
            yield
        finally:
            await asyncio.gather(*(receiver.stop() for receiver in self._receivers.values()))

    @contextlib.asynccontextmanager
    async def _changing(self, country: Country) -> AsyncIterator[Senders]:
        """Have what is dealt with changed where that is planned."""
        messages = Messages(self._setting.folder, {place.code: place.name for place in self._places})
        senders = Senders(country, self.board, messages, self._plan, Pace(RATE))
        changing = asyncio.create_task(senders.change_all())
        try:
            yield senders
        finally:
            changing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await changing
