"""How a process that serves runs: what the interpreter does by itself, what starts it, what ends it."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import uvloop
from eventlog.errors import LogError
from pydantic import ValidationError

from grpckit.probes import Probed, Probes, ProbeSettings
from grpckit.server import ServerError
from grpckit.signing import KeyFileError
from grpckit.telemetry.logs import LogSettings, configure_logs
from grpckit.telemetry.switch import reporting

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

_SWITCH_SECONDS = 0.0005  # writers and followers are threads: the event loop should not wait 5 ms for its turn
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50  # objects, young collections, middle collections
_CANNOT_START = (LogError, ServerError, KeyFileError, ValidationError, OSError, TimeoutError)


class Serving(Probed, Protocol):
    """What has been built and can serve."""

    async def start(self) -> None:
        """Serve; whatever it raises, nothing is left running."""
        ...

    async def stop(self) -> None:
        """Answer what was accepted, and end."""
        ...


class App(Serving, Protocol):
    """A service that has been built."""

    @property
    def address(self) -> str:
        """Where it listens, once it has started."""
        ...


def prepare_process() -> None:
    """Set up the interpreter for serving; call it once, when everything is imported.

    A batch of records is some ten thousand objects that live for a moment and hold no cycles. With the interpreter's
    own thresholds (700 objects) the collector walks them again and again: a third of the time of folding a view.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what was imported is never garbage: do not look through it again
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def run_service(
    name: str, serve: Callable[[], Coroutine[Any, Any, None]], migrate: Callable[[], None], arguments: Sequence[str]
) -> None:
    """Run a service as a process; with the argument `migrate` bring its log's schema up to date instead, and end.

    What keeps it from starting is one line on its errors, and status 2. SIGUSR1 has it write there where each of its
    threads stands.
    """
    faulthandler.register(signal.SIGUSR1)
    if list(arguments) not in ([], ["migrate"]):
        sys.stderr.write(f"{name}: the only argument is: migrate\n")
        sys.exit(2)
    try:
        if arguments:
            configure_logs(LogSettings())
            migrate()
            return
        run_process(name, serve)
    except _CANNOT_START as error:
        sys.stderr.write(f"{name}: {told(error)}\n")
        sys.exit(2)


def run_process(name: str, serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run what serves on its event loop, logging and reporting (`telemetry`) under a name; raises what it raises."""
    configure_logs(LogSettings())
    with reporting(name):
        prepare_process()
        uvloop.run(serve())


async def serve_until_ended(name: str, app: App) -> None:
    """Start, print `ready NAME ADDRESS`, and stop at SIGTERM or SIGINT."""
    async with started(app) as ended:
        print(f"ready {name} {app.address}", flush=True)  # noqa: T201 - for who started it
        await ended.wait()


@asynccontextmanager
async def started(serving: Serving) -> AsyncIterator[asyncio.Event]:
    """Start what serves, beside its probes, and stop it at the end; give what SIGTERM and SIGINT set."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Probes(ProbeSettings(), serving) as probes:
        await serving.start()
        try:
            await probes.ready()
            yield ended
        finally:
            await probes.leave()
            await serving.stop()


def told(error: BaseException) -> str:
    """Say in one line what kept a process from starting."""
    if isinstance(error, ValidationError):  # without the values: some are secret
        return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in error.errors())
    return str(error) or f"{type(error).__name__} at the start"
