"""A subscriber that cannot keep up, beside others that can."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from drills.watching import Watch

from tests.fault.running import Running
from tests.fault.watched import watched

_SLOW_SECONDS = 12.0
_DAWDLE = 3.0  # seconds over each message: hours for what it is sent
_MOST_GROWTH = 60.0  # MB


@pytest.mark.timeout(120)
def test_a_slow_subscriber_holds_up_nobody_costs_little_and_misses_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=3) as watch:
            await asyncio.sleep(2)
            slow, *others = watch.load.members
            memory, seen = _memory(watch), [len(each.seen) for each in others]
            slow.dawdle = _DAWDLE
            await asyncio.sleep(_SLOW_SECONDS)
            grown = _memory(watch) - memory
            assert grown < _MOST_GROWTH, f"{grown:.0f} MB for what one subscriber does not take"
            for before, each in zip(seen, others, strict=True):
                assert len(each.seen) > before, "the others go on being told"
            await watch.check()
            assert slow.code in {recipient for recipient, _ in watch.missed()}, "it was not slow: this shows nothing"
            slow.dawdle = 0.0
            await watch.settle()
            await watch.audit()

    asyncio.run(play())


def _memory(watch: Watch[Running]) -> float:
    [platform] = [each for each in psutil.Process(os.getpid()).children() if each.pid == watch.platform.pid]
    return float(platform.memory_info().rss) / 1e6
