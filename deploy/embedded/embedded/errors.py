"""Why the embedded platform cannot start; each is one line for the operator.

EmbeddedError
├── DataUnusable     the data folder cannot be made or written
├── DataInUse        another platform runs on the data folder
└── DerivedDamaged   a file that is only derived from the logs cannot be read
"""

from __future__ import annotations

from pathlib import Path


class EmbeddedError(Exception):
    """The embedded platform cannot start."""


class DataUnusable(EmbeddedError):
    """The folder `data` cannot be used; `cause` says why."""

    def __init__(self, data: Path, cause: str) -> None:
        super().__init__(f"{data} cannot be used: {cause}. Choose another folder with --data, or change its owner.")
        self.data, self.cause = data, cause


class DataInUse(EmbeddedError):
    """Another platform runs on the folder `data`."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"another platform runs on {data}. Stop it, or choose another folder with --data.")
        self.data = data


class DerivedDamaged(EmbeddedError):
    """The file `path`, which holds only what follows from the logs, cannot be read; `cause` says why."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"{path} is damaged: {cause}. Delete it, with {path.name}-wal and {path.name}-shm if they are there, and "
            "start again: everything in it is made again from the logs."
        )
        self.path, self.cause = path, cause
