"""The platform told to end, and the platform that sleeps, both under load."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.fault.watched import watched

DRAIN_SECONDS = 10.0  # for calls that run, subscriptions among them, when the platform is told to end
_SLEEP = 3.0


@pytest.mark.timeout(120)
def test_told_to_end_under_load_it_answers_what_it_took_and_exits_with_status_0(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=1) as watch:
            await asyncio.sleep(1)
            watch.platform.signal(signal.SIGTERM)
            assert await watch.platform.ended(2 * DRAIN_SECONDS) == 0
            await watch.platform.start()
            await watch.settle()
            await watch.audit()

    asyncio.run(play())


@pytest.mark.timeout(120)
def test_stopped_for_three_seconds_and_continued_it_goes_on_and_does_nothing_twice(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=2) as watch:
            await asyncio.sleep(0.5)
            watch.platform.signal(signal.SIGSTOP)
            await asyncio.sleep(_SLEEP)
            watch.platform.signal(signal.SIGCONT)
            before = len(watch.load.docexchange.acknowledged)
            await asyncio.sleep(1)
            assert len(watch.load.docexchange.acknowledged) > before
            await watch.settle()
            await watch.audit()

    asyncio.run(play())
