"""Keeps a broker as long as whoever started it lives: a program of its own, one a broker.

keeper.py FOLDER-OR-DASH GRACE PROGRAM ARGUMENT...

It starts the program, writes its process id, and waits for the end of its standard input, which comes also when its
starter is killed. Then it ends the program, by force after GRACE seconds, and removes the folder; unless it has read
something before the end: then the folder stays.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Start, wait, end."""
    folder, grace, *program = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the starter decides
    broker = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603 - the starter's
    print(broker.pid, flush=True)  # noqa: T201 - the answer to the starter
    kept = sys.stdin.buffer.read()
    _end(broker, float(grace))
    if folder != "-" and not kept:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(Path(folder).parent)


def _end(broker: subprocess.Popen[bytes], grace: float) -> None:
    if grace:
        broker.send_signal(signal.SIGCONT)  # it may stand still
        broker.terminate()
    try:
        broker.wait(grace)
    except subprocess.TimeoutExpired:
        broker.kill()
        broker.wait()


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
