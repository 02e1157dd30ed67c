"""Becomes the program named, bound to the process that started it: when that one ends, in whatever way, so does this.

python leash.py PARENT PROGRAM ARGUMENT...
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's end, then become the program; a leash is kept across exec."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        sys.exit("the parent has ended already")
    os.execv(program[0], program)  # noqa: S606 - our own command, given by who starts it


if __name__ == "__main__":
    main()
