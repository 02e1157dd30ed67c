"""Programs of the registries' ecosystems, run in a folder of their own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


class NotObtained(Exception):
    """A schema could not be had; the text is the reason and the remedy."""


def run(folder: Path, *command: str) -> None:
    """Run it there to its end. Raises NotObtained with the last lines that it said."""
    program = shutil.which(command[0])
    if program is None:
        raise NotObtained(f"{command[0]} is not installed: it is needed to obtain schemas anew")
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise NotObtained(f"{' '.join(command)} failed with {done.returncode}: {said}")
