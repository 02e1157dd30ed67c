# ruff: noqa: INP001 - a script of the image's build, no package
"""Leaves of all that is installed what one image needs, and writes its entry point: `python fit.py SERVICE FOLDER`.

One lock pins what all services need together. What one of them needs is what its package declares, and what those
declare. FOLDER holds the house's own packages; the entry point becomes FOLDER/bin/start.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_TOOLS: Final = ("lienthong-tour", "lienthong_sdk.main")
_START: Final = """#!{python}
import runpy

runpy.run_module("{module}", run_name="__main__", alter_sys=True)
"""


def root_and_module(service: str) -> tuple[str, str]:
    """Return the package that an image is made for, and the module that it runs."""
    return _TOOLS if service == "tools" else (f"lienthong-{service}", f"{service}_service")


def needed(lines: Iterable[str]) -> set[str]:
    """Return the names of all that requirements need, and of what those need; PackageNotFoundError for what is not."""
    found: set[tuple[str, str]] = set()  # names and extras
    waiting = list(_wanted(lines, ""))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(_wanted(distribution(each[0]).requires or (), each[1]))
    return {name for name, _ in found}


def _wanted(lines: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            name = str(canonicalize_name(requirement.name))
            yield name, ""
            yield from ((name, wanted) for wanted in requirement.extras)


def remove_all_but(names: set[str], installed: Iterable[Distribution]) -> None:
    """Remove the files of every distribution that is not named, and the folders that are empty then."""
    for each in installed:
        if canonicalize_name(each.name) not in names:
            _remove(each)


def _remove(gone: Distribution) -> None:
    for file in gone.files or ():
        path = Path(str(gone.locate_file(file)))
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def write_start(folder: Path, module: str) -> None:
    """Write the entry point, which passes its arguments on."""
    folder.mkdir(exist_ok=True)
    start = folder / "start"
    start.write_text(_START.format(python=sys.executable, module=module))
    start.chmod(0o755)


def main() -> None:
    """Do it."""
    service, folder = sys.argv[1], Path(sys.argv[2])
    root, module = root_and_module(service)
    remove_all_but(needed([root]), list(distributions()))
    if service != "tools":  # pip puts the commands of all packages there, whatever becomes of them
        shutil.rmtree(folder / "bin", ignore_errors=True)
    write_start(folder / "bin", module)


if __name__ == "__main__":
    main()
