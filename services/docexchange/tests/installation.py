"""Identity and docexchange in one process, each through its composition root, called over real gRPC."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from docexchange_service import app as docexchange
from docexchange_service.settings import Settings
from eventlog.local_topic import LocalTopic
from grpckit.client import Channel, connect
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer, utc_now
from identity_service import app as identity
from identity_service.settings import Settings as IdentitySettings
from lienthong.identity.v1 import agency_service_pb2 as agencies
from lienthong.identity.v1 import agency_service_pb2_grpc as agencies_rpc
from lienthong.identity.v1 import system_service_pb2 as systems
from lienthong.identity.v1 import system_service_pb2_grpc as systems_rpc
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from lienthong.log.v1.record_pb2 import Position

from .agency import Agency
from .documents import content

SCOPES = ("documents.send", "documents.receive")
SECONDS = 30.0
Clock = Callable[[], datetime]


class Installation:
    """A running platform with its operator, and a bystander who tells whether it still answers."""

    def __init__(self, folder: Path, topic: LocalTopic, who: identity.IdentityApp, clock: Clock) -> None:
        self.folder = folder
        self.topic = topic
        self.identity = who
        self.clock = clock
        self.app: docexchange.DocexchangeApp
        self.operator = Signer.from_file(folder / "identity" / "operator.key")
        self.bystander: Agency
        self._office = connect(who.address, self.operator, timeout=SECONDS, clock=clock)
        self._settings: Settings
        self._channels: list[Channel] = []
        self._codes = (f"{letter}{number:02}" for letter in "ABCDEFGHIJKLMN" for number in range(1, 100))
        self._numbers = itertools.count(1)

    async def start(self, **settings: Any) -> None:
        """Start docexchange on its folder, again where it was stopped before."""
        known = {"data": self.folder / "docexchange", "port": 0, "drain": 0.3, **settings}
        self._settings = Settings(**known)
        self.app = docexchange.build(self._settings, self.topic, clock=self.clock)
        await self.app.start()

    async def stop(self) -> None:
        """Stop docexchange; its folder stays."""
        while self._channels:
            await self._channels.pop().close()
        await self.app.stop()

    async def restart(self) -> None:
        """Stop docexchange and start it again on the same folder."""
        await self.stop()
        await self.start()
        self.bystander = await self.again(self.bystander)

    async def agency(self, code: str = "", *, scopes: Sequence[str] = SCOPES, under: str = "") -> Agency:
        """Register an agency, enrol a system of it, and wait until docexchange knows both."""
        code = code or next(self._codes)
        registered = await self.ask("RegisterAgency", code=code, display_name=f"Cơ quan {code}", parent=under)
        return await self.system(registered.agency.code, scopes=scopes)

    async def system(self, code: str, *, scopes: Sequence[str] = SCOPES) -> Agency:
        """Enrol a system of an agency."""
        signer = Signer.generate(f"{code.lower().replace('.', '-')}-{next(self._numbers)}")
        enrolled = await self.ask(
            "EnrolSystem",
            system=signer.system,
            agency=code,
            display_name="Hệ thống quản lý văn bản",
            role=SYSTEM_ROLE_AGENCY,
            scopes=scopes,
            public_key=signer.public_key,
        )
        await self.knows(enrolled.position)
        return Agency(code, signer, await self.channel(signer))

    async def again(self, agency: Agency) -> Agency:
        """Return the same system with a channel to what runs now."""
        return Agency(agency.code, agency.signer, await self.channel(agency.signer))

    async def channel(self, signer: Signer, clock: Clock | None = None) -> Channel:
        """Open a channel that is closed with the installation, and wait until it is connected."""
        opened = connect(self.app.address, signer, retries=NO_RETRIES, timeout=SECONDS, clock=clock or self.clock)
        self._channels.append(opened)
        async with asyncio.timeout(SECONDS):
            await opened.channel_ready()
        return opened

    async def ask(self, rpc: str, **fields: Any) -> Any:
        """Have the operator command something of identity; return once docexchange knows it."""
        of_systems = hasattr(systems, f"{rpc}Request")
        requests: Any = systems if of_systems else agencies
        stub: Any = systems_rpc.SystemServiceStub if of_systems else agencies_rpc.AgencyServiceStub
        request = getattr(requests, f"{rpc}Request")(request_id=str(uuid.uuid4()), **fields)
        answer = await getattr(stub(self._office), rpc)(request)
        await self.knows(answer.position)
        return answer

    async def knows(self, position: Position) -> None:
        """Wait until docexchange has folded a record of identity's log."""
        await self.app.folded(position)

    async def settled(self) -> None:
        """Wait until the process has dealt with everything in the log, whatever it adds, and the views show it all."""
        async with asyncio.timeout(SECONDS):
            for partition, head in enumerate(self.app.log.store.heads()):
                await self.app._process.progress.reached(partition, head - 1)
            heads = enumerate(self.app.log.store.heads())
            last = [Position(log="docexchange", partition=index, position=head - 1) for index, head in heads if head]
            await self.app.views.wait(last)

    def stored(self) -> tuple[Sequence[int], list[str], list[str]]:
        """Return what a refused call must not change: heads of the log, files being spooled, blobs."""
        data = self._settings.data
        spooled = [str(path) for path in self._settings.spool.rglob("*")]
        blobs = sorted(str(path) for path in (data / "blobs").rglob("*") if path.is_file())
        return list(self.app.log.store.heads()), spooled, blobs

    async def answers(self) -> None:
        """Show that the service still takes a command and answers a query."""
        sent = await self.bystander.send(content(), self.bystander)
        box = await self.bystander.call("ListInbox", page_size=1, after=[sent.position])
        assert box.items[0].document == sent.document.id


@asynccontextmanager
async def running(folder: Path, clock: Clock = utc_now, **settings: Any) -> AsyncIterator[Installation]:
    """Run both services over a folder; at the end every view is compared with a fresh fold of the log."""
    topic = LocalTopic(folder / "topic.sqlite")
    who = identity.build(IdentitySettings(data=folder / "identity", port=0, drain=0.3), topic, clock=clock)
    await who.start()
    installation = Installation(folder, topic, who, clock)
    await installation.start(**settings)
    installation.bystander = await installation.agency("Z99")
    try:
        yield installation
        audit(installation)
    finally:
        await installation.stop()
        await installation._office.close()
        await who.stop()
        topic.close()


def audit(installation: Installation) -> None:
    """No view differs from a fresh fold, no stream is poisoned, the process that reacts to the log is alive."""
    views = installation.app.views
    assert not views.poisoned()
    assert not views.failed
    assert installation.app._process.failed is None
    for name in ("inbox", "outbox", "trace", "thread", "thread_links", "counts"):
        assert views.compare_with_fresh_fold(name).same, name
