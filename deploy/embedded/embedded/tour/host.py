"""Where the platform of a tour runs: here, embedded. The players know no more of it than `Setting` tells."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from grpckit.server import ServerError

from embedded.errors import DataUnusable
from embedded.platform import Platform, PlatformSettings

STAY_PORTS: Final = 7000
_FOLDER: Final = Path(".data")


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


@contextlib.asynccontextmanager
async def started(
    data: Path, port_base: int | None, *, stay: bool, tell: Callable[[str], None]
) -> AsyncIterator[Platform]:
    """Give a running platform; without a choice of ports, those of `lienthong up` if it stays and they are free."""
    settings = PlatformSettings(data=data, port_base=port_base if port_base is not None else STAY_PORTS * stay)
    platform = Platform(settings)
    try:
        await platform.start()
    except ServerError as error:
        if port_base is not None or not stay:
            raise
        tell(f"{error}: other ports are taken")
        platform = Platform(replace(settings, port_base=0))
        await platform.start()
    try:
        yield platform
    finally:
        await platform.stop()
