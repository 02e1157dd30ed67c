"""The platform killed ten times at random moments under load."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from tests.fault.kills import Campaign
from tests.fault.running import running

KILLS = 10
SECONDS = 90  # begin no kill after this time, which only a very slow machine reaches


@pytest.mark.timeout(180)
def test_what_was_acknowledged_survives_ten_kills_and_nothing_is_done_twice(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)  # noqa: S311 - no secret
    sys.stderr.write(f"\nseed {seed}: python -m tests.fault.soak --kills {KILLS} --seed {seed}\n")
    with running(tmp_path) as platform:
        campaign = Campaign(platform, seed)
        asyncio.run(campaign.run(KILLS, SECONDS, lambda _tally: None))
    assert KILLS // 2 <= campaign.tally.kills <= KILLS + 1
    assert campaign.tally.audits
    assert campaign.tally.repeated
