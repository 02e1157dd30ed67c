"""All processes of one server: the first one and its children, each of which PostgreSQL puts in a session of its own.

The first one is stopped before its children are listed, so that none is born meanwhile.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def alive(pid: int) -> bool:
    """Tell whether a process runs (one that stands still does)."""
    try:
        return _fields(pid)[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def pause(pid: int) -> None:
    """Let them stand still (SIGSTOP)."""
    _send([pid], signal.SIGSTOP)
    _send(_children(pid), signal.SIGSTOP)


def resume(pid: int) -> None:
    """Let them go on (SIGCONT)."""
    _send([*_children(pid), pid], signal.SIGCONT)


def kill(pid: int) -> None:
    """End them by SIGKILL; on return they are gone."""
    _send([pid], signal.SIGSTOP)
    doomed = [*_children(pid), pid]
    _send(doomed, signal.SIGKILL)
    while any(alive(each) for each in doomed):
        time.sleep(0.005)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            if path.name.isdigit() and _fields(int(path.name))[1] == str(pid):
                found.append(int(path.name))
    return found


def _fields(pid: int) -> list[str]:
    """Return state, parent and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _send(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
