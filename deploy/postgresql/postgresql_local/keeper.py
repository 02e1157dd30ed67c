"""Keeps a server as long as whoever started it lives: a program of its own, one a server.

keeper.py FOLDER-OR-DASH USER-OR-DASH PROGRAM ARGUMENT...

It starts the program, writes its process id, and waits for the end of its standard input, which comes also when its
starter is killed. Then it ends the program: in order where the data are to stay, else at once, and removes the folder;
unless it has read something before the end: then the starter has killed the program, and the folder stays.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys

_GRACE = 30.0


def main() -> None:
    """Start, wait, end."""
    folder, user, *program = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the starter decides
    server = _start(program, user)
    print(server.pid, flush=True)  # noqa: T201 - the answer to the starter
    killed = sys.stdin.buffer.read()
    _end(server, signal.SIGINT if folder == "-" else signal.SIGQUIT)
    if folder != "-" and not killed:
        shutil.rmtree(folder, ignore_errors=True)


def _start(program: list[str], user: str) -> subprocess.Popen[bytes]:
    other = {} if user == "-" else {"user": int(user), "group": int(user), "extra_groups": []}
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # noqa: S603 - the starter's
        program, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True, **other
    )


def _end(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(signal.SIGCONT)  # it may stand still
    server.send_signal(how)
    try:
        server.wait(_GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
