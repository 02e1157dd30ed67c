"""The files that hold only what follows from the logs: told apart from the logs when they are damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from embedded.errors import DerivedDamaged

FILES: Final = ("topic.sqlite", "identity/views.sqlite", "docexchange/views.sqlite")


def check_derived(data: Path) -> None:
    """Look at each that is there, while nothing has it open; DerivedDamaged when it is no database, or cut short.

    It reads the first page only: what is damaged further in shows when it is read, and when the views are compared.
    """
    for name in FILES:
        path = data / name
        if path.exists():
            _check(path)


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            size = connection.execute("PRAGMA page_size").fetchone()[0]
    except sqlite3.OperationalError:  # not damaged, but away: whoever opens it says so
        return
    except sqlite3.DatabaseError as error:
        raise DerivedDamaged(path, str(error)) from error
    found = path.stat().st_size  # what waited beside it has been copied in when it was closed
    if found < pages * size:
        raise DerivedDamaged(path, f"it has {found} of {pages * size} bytes")
