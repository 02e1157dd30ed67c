"""The agencies with their systems: registered and enrolled by the operator, each with a key file and a client."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from google.type.date_pb2 import Date
from grpckit.signing import Signer
from lienthong.docexchange.v1 import mailbox_service_pb2 as m
from lienthong.identity.v1 import agency_service_pb2 as a
from lienthong.identity.v1 import system_pb2
from lienthong.identity.v1 import system_service_pb2 as s
from lienthong.log.v1.record_pb2 import Position
from lienthong_sdk.client import Addresses, Lienthong

from tour import places as p

if TYPE_CHECKING:
    from tour.places import Place

SCOPES: Final = ("documents.send", "documents.receive")
_AT_ONCE: Final = 8


def request_id() -> str:
    """Return a new request id."""
    return str(uuid.uuid4())


@dataclass
class Country:
    """Everybody who calls; made by `enrol`. `closing` closes all clients."""

    addresses: Addresses
    operator: Lienthong
    keys: Path
    closing: AsyncExitStack
    clients: dict[str, Lienthong] = field(default_factory=dict)  # by agency code
    reached: dict[int, Position] = field(default_factory=dict)  # of identity's log, by partition

    def key_file(self, place: Place) -> Path:
        """Return the key file of an agency's system."""
        return self.keys / f"{place.system}.key"

    def seen(self, position: Position) -> None:
        """Remember how far identity's log has got."""
        last = self.reached.get(position.partition)
        if last is None or last.position < position.position:
            self.reached[position.partition] = position

    @property
    def after(self) -> Sequence[Position]:
        """How far identity's log has got, for requests that follow it."""
        return list(self.reached.values())

    async def add(self, place: Place) -> None:
        """Register an agency, enrol its system with a key of its own, and open the system's client."""
        registered = await self.operator.agencies.RegisterAgency(
            a.RegisterAgencyRequest(
                code=place.code, display_name=place.name, parent=place.parent, after=self.after, request_id=request_id()
            )
        )
        self.seen(registered.position)
        signer = Signer.generate(place.system)
        signer.save(self.key_file(place))
        await self.enrol_system(place.code, signer)
        signer = Signer.from_file(self.key_file(place))
        client = await self.closing.enter_async_context(Lienthong(self.addresses, signer))
        self.clients[place.code] = client

    async def enrol_system(self, agency: str, signer: Signer) -> None:
        """Enrol a system of an agency."""
        enrolled = await self.operator.systems.EnrolSystem(
            s.EnrolSystemRequest(
                system=signer.system,
                agency=agency,
                display_name="Hệ thống quản lý văn bản",
                role=system_pb2.SYSTEM_ROLE_AGENCY,
                scopes=SCOPES,
                public_key=signer.public_key,
                after=self.after,
                request_id=request_id(),
            )
        )
        self.seen(enrolled.position)

    async def known(self) -> None:
        """Return when every system is known to the document exchange."""
        for client in self.clients.values():
            await client.mailbox.ListInbox(m.ListInboxRequest(page_size=1, after=self.after))

    async def merge(self) -> None:
        """Merge the province into its successor; return when the document exchange knows."""
        day = p.EFFECTIVE
        merged = await self.operator.agencies.MergeAgency(
            a.MergeAgencyRequest(
                code=p.MERGED,
                successor=p.SUCCESSOR,
                legal_basis=p.LEGAL_BASIS,
                effective_date=Date(year=day.year, month=day.month, day=day.day),
                after=self.after,
                request_id=request_id(),
            )
        )
        self.seen(merged.position)
        await self.clients[p.SUCCESSOR].mailbox.ListInbox(m.ListInboxRequest(page_size=1, after=self.after))


async def enrol(
    addresses: Addresses,
    operator_key: Path,
    keys: Path,
    places: Sequence[Place],
    done: Callable[[int], None],
) -> Country:
    """Register all agencies, those above before those below; `done` is told how many are.

    `keys` is a folder that takes the key files of their systems.
    """
    closing = AsyncExitStack()
    operator = await closing.enter_async_context(Lienthong(addresses, Signer.from_file(operator_key)))
    country = Country(addresses, operator, keys, closing)
    try:
        for level in range(1, 5):
            below = [place for place in places if place.code.count(".") + 1 == level]
            await at_most(_AT_ONCE, (country.add(place) for place in below), lambda: done(len(country.clients)))
        await country.known()
    except BaseException:
        await closing.aclose()
        raise
    return country


async def at_most(number: int, jobs: Iterable[Awaitable[None]], done: Callable[[], None] = lambda: None) -> None:
    """Do jobs, so many at a time, each taken when a hand is free; what one raises ends all."""
    left = iter(jobs)

    async def hand() -> None:
        for job in left:
            await job
            done()

    async with asyncio.TaskGroup() as hands:
        for _ in range(number):
            hands.create_task(hand())
