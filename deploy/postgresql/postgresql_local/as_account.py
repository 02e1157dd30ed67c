"""Becomes a program under another account: as_account.py USER PROGRAM ARGUMENT..."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Give up all groups, take the account, become the program."""
    user, *program = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    os.execv(program[0], program)  # noqa: S606 - what the starter gave


if __name__ == "__main__":
    main()
