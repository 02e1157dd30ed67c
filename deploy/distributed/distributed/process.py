"""One replica of a service as a process: started, killed, paused, and ended when its starter ends, in whatever way."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from distributed.errors import NotStarted

READY_SECONDS: Final = 90.0  # longer than the services give themselves
LEASH: Final = Path(__file__).with_name("leash.py")
_LOOK: Final = 0.02  # seconds
_TELLING: Final = 1.0  # seconds to write where the threads stand


class Process:
    """A replica; `out` has what its last run printed, `err` what all of them said."""

    def __init__(self, name: str, module: str, environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        self._module = module
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that runs now; NotStarted when none does."""
        if self._process is None:
            raise NotStarted(self.name, "nothing runs")
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start it; call it from the main thread, whose end would end it."""
        command = [sys.executable, str(LEASH), str(os.getpid()), sys.executable, "-m", self._module]
        with self.out.open("wb") as out, self.err.open("ab") as err:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **self._environment},
                start_new_session=True,  # Ctrl+C is for the starter
            )

    async def ready(self) -> None:
        """Wait until it serves; NotStarted when it ends before, with its last words, or when it takes too long."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._says_ready()
        except TimeoutError:
            os.kill(self.pid, signal.SIGUSR1)
            await asyncio.sleep(_TELLING)
            raise NotStarted(
                self.name, f"{READY_SECONDS:g} s were not enough; {self.err} tells where it stands"
            ) from None

    async def _says_ready(self) -> None:
        while not self.out.read_text().startswith("ready"):
            if self._process is None or self._process.poll() is not None:
                raise NotStarted(self.name, self.last_words())
            await asyncio.sleep(_LOOK)

    async def stop(self, seconds: float) -> None:
        """Let it end by itself, or kill it after some seconds."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGCONT)  # it may stand still
        process.terminate()
        try:
            async with asyncio.timeout(seconds):
                while process.poll() is None:  # noqa: ASYNC110 - a process rings no bell
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            pass
        self.kill()

    def kill(self) -> None:
        """End it at once, wherever it is; nothing happens where nothing runs."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()

    def pause(self) -> None:
        """Let it stand still (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def complaints(self) -> Sequence[str]:
        """Return the lines in which it told of faults: incidents, tracebacks, followers that stopped."""
        lines = self.err.read_text(errors="replace").splitlines() if self.err.exists() else []
        return [f"{self.name}: {line}" for line in lines if " ERROR " in line or line.startswith("Traceback")]

    def last_words(self) -> str:
        """Return the last line that it has written on its errors."""
        lines = self.err.read_text(errors="replace").split("\n") if self.err.exists() else []
        return next((line for line in reversed(lines) if line.strip()), "it gave no reason")
