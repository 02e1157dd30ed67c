"""The embedded platform as a process of its own: started, killed, paused, limited, and ended in every case."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from distributed.process import LEASH
from drills.mirror import Mirror
from lienthong_sdk import Addresses

from tests.fault.whole import audit_whole

HOST = "127.0.0.1"
READY_SECONDS = 60.0
_LIENTHONG = Path(sys.executable).with_name("lienthong")


class Running:
    """`lienthong up` on a folder and a pair of ports, one process at a time; `err` keeps what all of them said."""

    def __init__(self, folder: Path, *, data: Path | None = None, partitions: int = 4) -> None:
        self.data = data or folder / "data"
        self.base = free_base()
        self.addresses = Addresses(f"{HOST}:{self.base + 1}", f"{HOST}:{self.base + 2}")
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        self._partitions = partitions
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def operator_key(self) -> Path:
        """The operator's key file, there once the platform has been ready."""
        return self.data / "identity" / "operator.key"

    @property
    def pid(self) -> int:
        """The process that runs now."""
        if self._process is None:
            raise RuntimeError("nothing runs")
        return self._process.pid

    def spawn(self, *more: str) -> None:
        """Start a process; call it from the main thread, whose end would end it."""
        options = ["--data", str(self.data), "--port-base", str(self.base), "--partitions", str(self._partitions)]
        command = [sys.executable, str(LEASH), str(os.getpid()), str(_LIENTHONG), "up", *options, *more]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = _bytecode()
        with self.out.open("wb") as out, self.err.open("ab") as err:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, start_new_session=True
            )

    async def ready(self) -> None:
        """Wait until it serves."""
        async with asyncio.timeout(READY_SECONDS):
            while not self.out.read_text().startswith("ready"):
                if self._process is None or self._process.poll() is not None:
                    raise RuntimeError(f"the platform did not start:\n{self.err.read_text()[-2000:]}")
                await asyncio.sleep(0.02)

    async def start(self) -> None:
        """Start a process and wait until it serves."""
        self.spawn()
        await self.ready()

    def kill(self) -> None:
        """End it at once, wherever it is; nothing happens where nothing runs."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    async def audit(self, mirrors: Mapping[str, Mirror]) -> None:
        """Kill it and audit what that leaves; the caller starts it again."""
        self.kill()
        await audit_whole(self.data, mirrors)

    async def ended(self, seconds: float) -> int:
        """Wait for its own end; return its exit status."""
        process = self._process
        if process is None:
            raise RuntimeError("nothing runs")
        async with asyncio.timeout(seconds):
            while process.poll() is None:  # noqa: ASYNC110 - a process rings no bell
                await asyncio.sleep(0.02)
        self._process = None
        return process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    @contextlib.contextmanager
    def file_size(self, most: int) -> Iterator[None]:
        """Let it write no file beyond so many bytes."""
        soft, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, hard))
        try:
            yield
        finally:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def complaints(self) -> Sequence[str]:
        """Return the lines in which it told of faults: incidents, tracebacks, followers that stopped."""
        lines = self.err.read_text(errors="replace").splitlines() if self.err.exists() else []
        return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]


@contextlib.contextmanager
def running(folder: Path, *, data: Path | None = None) -> Iterator[Running]:
    """Give a platform that is not started yet; whatever happens, it is ended."""
    folder.mkdir(parents=True, exist_ok=True)
    platform = Running(folder, data=data)
    try:
        yield platform
    finally:
        platform.kill()


@functools.cache
def _bytecode() -> str:
    """Make the folder of compiled modules that all processes started here share: each but the first starts sooner."""
    folder = tempfile.mkdtemp(prefix="lienthong-bytecode-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def free_base() -> int:
    """Return a number after which two ports are free, below those that the kernel gives out by itself."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        base = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with contextlib.suppress(OSError):
            for port in (base + 1, base + 2):
                socket.create_server((HOST, port)).close()
            return base
    raise RuntimeError("no free ports were found")
