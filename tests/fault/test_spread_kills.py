"""A distributed platform whose processes, database and broker are killed ten times under load."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest
from distributed.platform import free_ports
from drills.spread import Spread

from tests.fault import blows
from tests.fault.spread import spread
from tests.fault.strikes import Strikes
from tests.fault.wire import Wire

KILLS = 10
CUT_SECONDS = 8.0
SECONDS = 180  # begin no blow after this time, which only a very slow machine reaches


@pytest.mark.timeout(450)
def test_what_was_acknowledged_survives_ten_kills_of_its_parts_and_nothing_is_done_twice(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)  # noqa: S311 - no secret
    sys.stderr.write(f"\nseed {seed}: python -m tests.fault.soak --distributed --kills {KILLS} --seed {seed}\n")
    with spread(tmp_path) as platform:
        strikes = Strikes(platform, seed)
        asyncio.run(strikes.at_random(blows.KILLS, KILLS, SECONDS, lambda _struck: None))
    assert KILLS // 2 <= strikes.struck.kills <= KILLS + 1
    assert strikes.struck.audits
    assert strikes.struck.repeated


@pytest.mark.timeout(300)
def test_a_replica_that_slept_through_its_leases_wakes_up_and_writes_nothing_twice(tmp_path: Path) -> None:
    with spread(tmp_path) as platform:
        strikes = Strikes(platform, 7)
        asyncio.run(strikes.each([blows.zombie, blows.hiccup, blows.hiccup]))
    assert strikes.struck.audits == 1


@pytest.mark.timeout(300)
def test_one_of_three_brokers_dies_whichever_it_is_and_nothing_is_lost(tmp_path: Path) -> None:
    with spread(tmp_path, nodes=3) as platform:
        strikes = Strikes(platform, 11)
        asyncio.run(strikes.each([blows.one_of_three]))
    assert strikes.struck.kills == 1


@pytest.mark.timeout(300)
def test_with_the_network_to_the_broker_cut_it_goes_on_answering_and_catches_up_afterwards(tmp_path: Path) -> None:
    async def play(platform: Spread, wire: Wire) -> Strikes:
        async def cut(_platform: Spread, _rng: random.Random) -> int:
            before = acknowledged()
            wire.cut()
            await asyncio.sleep(CUT_SECONDS)
            assert acknowledged() > before, "while Kafka is away every service goes on deciding"
            wire.mend()
            return 0

        def acknowledged() -> int:
            return len(strikes.watch.load.docexchange.acknowledged)

        strikes = Strikes(platform, 13)
        async with wire.strung():
            await strikes.each([cut])
        return strikes

    [port] = free_ports(1)
    with spread(tmp_path, proxy=port) as platform:
        wire = Wire(port, platform.kafka.beyond_proxy)
        strikes = asyncio.run(play(platform, wire))
    assert strikes.struck.audits == 1
