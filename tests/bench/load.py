"""Calling over and over, some at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any


async def per_second(call: Callable[[], Coroutine[Any, Any, object]], at_once: int, seconds: float) -> float:
    """Call for some seconds, `at_once` in flight; return calls a second."""
    begun = time.monotonic()

    async def worker() -> int:
        made = 0
        while time.monotonic() < begun + seconds:
            await call()
            made += 1
        return made

    made = sum(await asyncio.gather(*(worker() for _ in range(at_once))))
    return made / (time.monotonic() - begun)


def percentile(samples: list[float], share: float) -> float:
    """Return the least sample that `share` of them do not exceed."""
    return sorted(samples)[max(0, -(-int(len(samples) * share * 1000) // 1000) - 1)]
