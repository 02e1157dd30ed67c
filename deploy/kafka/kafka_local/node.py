"""One broker as a process: started, killed, paused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from kafka_local.errors import KafkaLocalError
from kafka_local.java import java

_KEEPER = Path(__file__).parent / "keeper.py"


class Node:
    """A broker whose server.properties lie in `folder`; it ends when this process does, in whatever way."""

    def __init__(self, folder: Path, *, remove: bool) -> None:
        self.folder = folder
        self._remove = remove
        self._keeper: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def start(self) -> None:
        """Start the process; it does not wait until it answers."""
        if self._keeper is not None:
            raise KafkaLocalError(f"the broker in {self.folder} was started already")
        remove, grace = (str(self.folder), "0") if self._remove else ("-", "15")
        command = [sys.executable, str(_KEEPER), remove, grace]
        with (self.folder / "broker.log").open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own program
                [*command, *java("kafka.Kafka", str(self.folder / "server.properties"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl+C is for the starter
            )
        assert self._keeper.stdout is not None  # noqa: S101 - asked for above
        self._pid = int(self._keeper.stdout.readline())

    def kill(self) -> None:
        """End the process by SIGKILL; what it has on disk stays."""
        os.kill(self._pid, signal.SIGKILL)
        self._let_go(b"keep")

    def pause(self) -> None:
        """Let the process stand still (SIGSTOP)."""
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self._pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the process, in order where its data are to stay; to stop twice is allowed."""
        self._let_go(b"")

    def alive(self) -> bool:
        """Tell whether the process runs (a paused one does)."""
        if self._keeper is None:
            return False
        try:
            return state(self._pid) not in {"Z", "X"}
        except FileNotFoundError:
            return False

    def last_words(self) -> str:
        """Return the last error that the broker has written."""
        return last_words(self.folder / "broker.log")

    def _let_go(self, message: bytes) -> None:
        if self._keeper is None:
            return
        keeper, self._keeper = self._keeper, None
        keeper.communicate(message)


def last_words(log: Path) -> str:
    """Return the last error that a broker has written."""
    lines = log.read_text(errors="replace").splitlines()
    told = [line for line in lines if " ERROR " in line or "Exception" in line]
    return (told or lines or ["it gave no reason"])[-1]


def state(pid: int) -> str:
    """Return what a process does, as a letter (proc(5)); FileNotFoundError when there is none."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
