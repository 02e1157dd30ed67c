"""Where drills are held: a distributed platform on engines of its own, under load."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed.platform import LOGS
from eventlog.kafka import KafkaSettings, KafkaTopic
from eventlog.postgresql import PostgresqlStore
from grpckit.client import connect
from grpckit.signing import Signer
from kafka_local import Kafka
from lienthong.views.v1 import views_service_pb2, views_service_pb2_grpc

from drills.backup import archived
from drills.finding import Found, must
from drills.spread import Spread
from drills.watching import Watch

_LIENTHONG = Path(sys.executable).with_name("lienthong")
_REBUILD_SECONDS = 300.0
_LOOK = 0.1  # seconds


@dataclass(frozen=True)
class Size:
    """How large a drill is: `seconds` are those that the load runs before and after each thing that is done."""

    seconds: float = 5.0
    agencies: int = 4
    pace: float = 0.02
    patience: float = 60.0  # seconds that anything may take


class Site:
    """A platform with a load on it."""

    def __init__(self, folder: Path, platform: Spread, kafka_folder: Path, size: Size) -> None:
        self.folder = folder  # of PostgreSQL
        self.kafka_folder = kafka_folder
        self.platform = platform
        self.size = size
        self.partitions = platform.settings.partitions
        self._waves = 0
        self.watch = self._new_watch()

    async def begin(self, *names: str) -> None:
        """Start the processes named, and the load."""
        await self.platform.start(*names)
        await self.watch.load.prepare()
        self.watch.load.start()

    async def begin_again(self) -> None:
        """Put a new load, of other agencies, on a platform that runs."""
        self.watch = self._new_watch()
        await self.watch.load.prepare()
        self.watch.load.start()

    async def under_load(self) -> None:
        """Let the load run for a while; raise what ended any part of it."""
        await asyncio.sleep(self.size.seconds)
        self.watch.load.check()

    async def until(self, what: str, holds: Callable[[], Any]) -> None:
        """Wait until something holds, looking from a thread; Found when it takes too long."""
        try:
            async with asyncio.timeout(self.size.patience):
                while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - other processes make it true
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            raise Found(f"{what}: not within {self.size.patience:g} s") from None

    def heads(self) -> dict[str, list[int]]:
        """Return the heads of all logs, as the database has them."""
        found = {}
        for log in LOGS:
            with contextlib.closing(
                PostgresqlStore(self.platform.settings.database_url, log, self.partitions)
            ) as store:
                found[log] = list(store.heads())
        return found

    def published(self) -> dict[str, list[int]]:
        """Return how far all topics have got."""
        with contextlib.closing(KafkaTopic(KafkaSettings(self.platform.kafka.bootstrap))) as topic:
            return {log: list(topic.heads(log, self.partitions)) for log in LOGS}

    async def command(self, *arguments: str) -> str:
        """Run the `lienthong` command as an operator does; return what it prints, Found when it fails."""
        chosen = self.platform.settings
        addresses = self.platform.addresses
        process = await asyncio.create_subprocess_exec(
            str(_LIENTHONG),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "LIENTHONG_DATABASE_URL": chosen.database_url,
                "LIENTHONG_KAFKA_BOOTSTRAP": chosen.kafka,
                "LIENTHONG_KEY": str(self.platform.operator_key),
                "LIENTHONG_IDENTITY": addresses.identity,
                "LIENTHONG_DOCEXCHANGE": addresses.docexchange,
            },
        )
        out, err = await process.communicate()
        must(not process.returncode, f"lienthong {' '.join(arguments)}: {out.decode()[-2000:]} {err.decode()[-2000:]}")
        return out.decode()

    async def audit(self) -> Mapping[str, object]:
        """Let the load rest and audit the whole, as an operator can; Found with what is wrong.

        Acknowledged commands stand where they were told, subscribers have seen all; then the logs from their first
        record and byte for byte against their topics; then every view against a fresh fold. The load then goes on.
        """
        await self.watch.settle()
        verified = await self.command("log", "verify", "--json")
        same = [await self._views_are_a_fresh_fold(name) for name in self._running()]
        self.watch.load.resume()
        records = sum(json.loads(line)["records"] for line in verified.splitlines())
        return {"records": records, "views": sum(same), "acknowledged": self.acknowledged()}

    def acknowledged(self) -> int:
        """Return how many commands of this load were acknowledged."""
        load = self.watch.load
        return len(load.identity.acknowledged) + len(load.docexchange.acknowledged)

    def _running(self) -> Sequence[str]:
        """Return one process of each service."""
        return ["identity", next(name for name in self.platform.replicas if self.platform.processes[name].runs)]

    async def _views_are_a_fresh_fold(self, name: str) -> int:
        operator = Signer.from_file(self.platform.operator_key)
        async with connect(self.platform.address(name), operator, timeout=_REBUILD_SECONDS) as channel:
            stub = views_service_pb2_grpc.ViewsServiceStub(channel)
            views = (await stub.ListViews(views_service_pb2.ListViewsRequest())).views
            for view in views:
                must(not view.poisoned, f"{name}: view {view.name} could not fold {list(view.poisoned)}")
                request = views_service_pb2.RebuildViewRequest(view=view.name)
                answers = [each async for each in stub.RebuildView(request)]
                must(answers[-1].result.same, f"{name}: view {view.name} is not what a fresh fold of its log gives")
        return len(views)

    def _new_watch(self) -> Watch[Spread]:
        self._waves += 1
        rng = random.Random(self._waves)  # noqa: S311 - no secret
        return Watch(self.platform, rng, agencies=self.size.agencies, pace=self.size.pace, wave=self._waves - 1)


@contextlib.asynccontextmanager
async def site(size: Size, *names: str) -> AsyncIterator[Site]:
    """Give a platform under load, with the processes named; all of it is ended, and its folders go."""
    home = _home()
    try:
        with contextlib.ExitStack() as engines:
            postgresql = archived(home / "postgresql")
            kafka = Kafka(folder=home / "kafka")
            engines.enter_context(postgresql)
            engines.enter_context(kafka)
            platform = Spread(home / "platform", postgresql, kafka, kafka.bootstrap, 3)
            held = Site(home / "postgresql", platform, home / "kafka", size)
            try:
                await held.begin(*names)
                yield held
            finally:
                platform.kill()
                await held.watch.load.stop()
                platform.postgresql.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="lienthong-drill-"))
    home.chmod(0o755)  # PostgreSQL may run under another account
    (home / "platform").mkdir()
    return home
