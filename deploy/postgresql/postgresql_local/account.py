"""The account that a server runs under: ours, or `nobody` where we are root, which PostgreSQL refuses to be.

Another account is taken by a program between (`as_account.py`): `subprocess` itself would have to copy this process to
do it, with all that gRPC's threads hold, and such a copy may end before it becomes the program.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_NOBODY = 65534
_ENTER_AND_READ = 0o005
_AS_ACCOUNT = Path(__file__).parent / "as_account.py"


def under(program: Sequence[str]) -> list[str]:
    """Return the command that runs a program under the server's account."""
    if os.geteuid():
        return list(program)
    return [sys.executable, "-I", "-S", str(_AS_ACCOUNT), user(), *program]


def user() -> str:
    """Return the number of the server's account; a dash when it is our own."""
    return "-" if os.geteuid() else str(_NOBODY)


def give(folder: Path) -> None:
    """Make the server's account the owner of a folder and of all that is in it."""
    if os.geteuid():
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)


def readable(folder: Path, fallback: Path) -> Path:
    """Return the folder if the server's account can get at it, else a copy of it in `fallback`."""
    if os.geteuid() or _open_to_all(folder):
        return folder
    if not fallback.is_dir():
        shutil.copytree(folder, fallback, symlinks=True)
        give(fallback)
    return fallback


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & _ENTER_AND_READ == _ENTER_AND_READ for path in (folder, *folder.parents))
