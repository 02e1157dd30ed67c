"""`lienthong up`: the embedded platform in the foreground, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from eventlog.errors import StoreMismatch, StoreUnavailable
from grpckit.server import ServerError

from embedded.errors import EmbeddedError
from embedded.platform import Platform, PlatformSettings

CANNOT_START = (EmbeddedError, ServerError, StoreMismatch, StoreUnavailable)
_SWITCH_SECONDS = 0.0005  # writers and followers are threads: the event loop should not wait 5 ms for its turn


def up(
    data: Annotated[Path, typer.Option(help="Folder of all data.")] = Path(".data/platform"),
    port_base: Annotated[int, typer.Option(min=0, max=65000, help="identity listens one above; 0: free ports.")] = 7000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    partitions: Annotated[int, typer.Option(min=1, max=1000, help="Of each log; the first start fixes it.")] = 4,
) -> None:
    """Start every service in this process and serve until Ctrl+C."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = PlatformSettings(data=data, host=host, port_base=port_base, partitions=partitions)
    run(_serve(settings))


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the platform's event loop; what keeps a platform from starting is one line and status 2."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()  # what was imported is never garbage: do not look through it again
    try:
        uvloop.run(main)
    except CANNOT_START as error:
        typer.echo(f"lienthong: {error}", err=True)
        raise typer.Exit(2) from error


async def _serve(settings: PlatformSettings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Platform(settings) as platform:
        places = "  ".join(f"{name} {address}" for name, address in platform.addresses.items())
        typer.echo(f"ready  {places}  key {platform.operator_key}")
        await ended.wait()
