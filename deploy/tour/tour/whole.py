"""The whole tour: a platform, the day on it, the audit, the report, and staying up where that is asked for."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import typer
from distributed.errors import DistributedError
from embedded.errors import EmbeddedError
from embedded.serving import run
from lienthong_sdk.commands.engines import telling_faults
from lienthong_sdk.session import telling_refusals
from rich.console import Console
from vietnam.time_zone import VIETNAM_TIME

from tour import company, host, on_embedded
from tour.day import Setting
from tour.errors import TourError
from tour.places import SUCCESSOR, places
from tour.players import Order
from tour.report import Report, staying
from tour.show import Show, show_on

if TYPE_CHECKING:
    from tour.host import Host
    from tour.on_given import Given


@dataclass(frozen=True)
class Asked:
    """What the user asked for."""

    documents: int
    seed: int
    data: Path | None
    port_base: int | None
    given: Given | None  # else a platform is started
    distributed: bool
    stay: bool
    as_json: bool


def play(asked: Asked) -> bool:
    """Play a tour; tell whether everything was as expected. What keeps it from starting is one line and status 2."""
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    tour = _Tour(asked)
    try:
        with host.data_folder(asked.data, stay=asked.stay) as folder, telling_faults():
            telling_refusals(lambda: run(tour.run(folder)), _place(asked))
    except (EmbeddedError, DistributedError, TourError) as error:
        typer.echo(f"lienthong: {error}", err=True)
        raise typer.Exit(2) from error
    return tour.ok


def _place(asked: Asked) -> str:
    at = asked.given.addresses if asked.given else None
    return f"{at.identity}, {at.docexchange} ({'with' if at.tls else 'without'} TLS)" if at else "the platform"


class _Tour:
    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.ok = False

    async def run(self, data: Path) -> None:
        """Play the day, report, and stay where that was asked for."""
        begun = monotonic()
        asked = self._asked
        async with AsyncExitStack() as running:
            with show_on(sys.stderr if asked.as_json else sys.stdout, plain=asked.as_json) as show:
                show.stage("The platform starts" if asked.given is None else "The platform is looked at", 1)
                platform = await running.enter_async_context(self._started(data / "platform"))
                report = await self._play(platform, data, show, begun)
            self.ok = report.ok
            report.print(Console(stderr=asked.as_json))
            if asked.as_json:
                typer.echo(report.to_json())
            if asked.stay:
                await _stay(_setting(platform, data, date.min))

    def _started(self, data: Path) -> AbstractAsyncContextManager[Host]:
        asked = self._asked
        if asked.given is not None:
            from tour import on_given  # noqa: PLC0415 - the embedded platform starts without what it needs

            return on_given.started(asked.given)
        if asked.distributed:
            from tour import on_distributed  # noqa: PLC0415 - what it needs is installed for tests only

            return on_distributed.started(data)
        return on_embedded.started(data, asked.port_base, stay=asked.stay, tell=_tell)

    async def _play(self, platform: Host, data: Path, show: Show, begun: float) -> Report:
        today = datetime.now(VIETNAM_TIME).date()
        order = Order(self._asked.documents, self._asked.seed, _setting(platform, data, today))
        outcome = await company.play(order, show)
        show.stage("The log is audited", 0)
        found = await platform.audit(lambda what: show.advance(0, what))
        return Report(outcome, len(places()), found, monotonic() - begun, platform.engines)


async def _stay(setting: Setting) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    [successor] = [place for place in places() if place.code == SUCCESSOR]
    for line in staying(setting.addresses, setting.operator_key, setting.keys / f"{successor.system}.key"):
        _tell(line)
    await ended.wait()


def _setting(platform: Host, data: Path, today: date) -> Setting:
    folder = data / "under-way"
    keys = data / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    keys.mkdir(mode=0o700, exist_ok=True)
    return Setting(platform.addresses, platform.operator_key, keys, folder, today)


def _tell(line: str) -> None:
    typer.echo(line, err=True)
