# ruff: noqa: INP001 - a script of the image's build, no package
"""Imports every module of the packages in FOLDER with what is installed: `python whole.py FOLDER`.

So a dependency that a package does not declare breaks the build of an image and no start of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOR_TESTS: Final = (
    ("eventlog", "conformance"),  # run by tests of adapters
    ("eventlog", "postgresql", "migrations"),  # run by alembic
    ("tour", "on_distributed"),  # starts engines
)


def modules(folder: Path) -> Iterator[str]:
    """Give the names of the modules below a folder that are run where there are no tests."""
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if "lienthong" in parts[:1] or parts[0] in {"buf", "bin"} or parts[-1] == "__main__":
            continue
        if not any(parts[: len(each)] == each for each in _FOR_TESTS):
            yield ".".join(part for part in parts if part != "__init__")


def main() -> None:
    """Do it; the first that is missing ends it."""
    for name in modules(Path(sys.argv[1])):
        importlib.import_module(name)


if __name__ == "__main__":
    main()
