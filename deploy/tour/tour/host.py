"""Where the platform of a tour runs; the players know no more of it than `Setting` tells."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from embedded.errors import DataUnusable

if TYPE_CHECKING:
    from lienthong_sdk.client import Addresses

    from tour.audit import Audit

_FOLDER: Final = Path(".data")


class Host(Protocol):
    """A running platform."""

    @property
    def addresses(self) -> Addresses:
        """Where the services listen."""
        ...

    @property
    def operator_key(self) -> Path:
        """The operator's key file."""
        ...

    @property
    def engines(self) -> Mapping[str, str]:
        """What it runs on, with the versions that the servers report; empty where there are none."""
        ...

    async def audit(self, tell: Callable[[str], None]) -> Audit:
        """Audit everything; the day is over. `tell` is told what is under way."""
        ...


@contextlib.contextmanager
def data_folder(given: Path | None, *, stay: bool) -> Iterator[Path]:
    """Give a new folder for all data: a temporary one unless it is to stay. DataUnusable when it holds anything."""
    if given is None and not stay:
        with tempfile.TemporaryDirectory(prefix="lienthong-tour-") as name:
            yield Path(name)
        return
    folder = given or _FOLDER / f"tour-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataUnusable(folder, "a tour begins with an empty folder")
    yield folder
