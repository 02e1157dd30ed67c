"""The embedded platform under load, for one test."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

from drills.watching import Watch

from tests.fault.running import Running, running


@contextlib.asynccontextmanager
async def watched(
    folder: Path, seed: int, *, data: Path | None = None, agencies: int = 3
) -> AsyncIterator[Watch[Running]]:
    """Give a platform under load; it is ended whatever happens."""
    with running(folder, data=data) as platform:
        watch = Watch(platform, random.Random(seed), agencies=agencies)  # noqa: S311 - no secret
        try:
            await watch.begin()
            yield watch
        finally:
            await watch.end()
