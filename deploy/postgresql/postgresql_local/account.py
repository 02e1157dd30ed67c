"""The account that a server runs under: ours, or `nobody` where we are root, which PostgreSQL refuses to be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TypedDict

_NOBODY = 65534
_ENTER_AND_READ = 0o005


class Account(TypedDict, total=False):
    """Arguments for `subprocess`: empty when it is our own account."""

    user: int
    group: int
    extra_groups: list[int]


def account() -> Account:
    """Return the account to start the server with."""
    if os.geteuid():
        return {}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


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
