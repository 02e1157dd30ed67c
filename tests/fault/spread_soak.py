"""The soak of a distributed platform; `tests.fault.soak --distributed` runs it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.fault import blows
from tests.fault.spread import spread
from tests.fault.strikes import Strikes, Struck

_HEADER = "  kills  blows    records  acknowledged  sent again  audits  seconds"


def main(kills: int, seed: int, seconds: float, pace: float) -> int:
    """Strike a platform at random; return the exit status. With a finding its folder stays."""
    folder = Path(tempfile.mkdtemp(prefix="lienthong-soak-"))
    _say(f"seed {seed}, {kills} kills, at most {seconds / 60:.0f} minutes, in {folder}\n{_HEADER}")
    began = time.monotonic()
    with spread(folder) as platform:
        strikes = Strikes(platform, seed, pace=pace)
        try:
            asyncio.run(strikes.at_random(blows.KILLS | {blows.zombie: 1, blows.hiccup: 1}, kills, seconds, _tell))
        except (Exception, KeyboardInterrupt) as error:
            _say(f"\nFOUND after {time.monotonic() - began:.0f} s, seed {seed}: {type(error).__name__}: {error}")
            _say(f"what the processes said: {folder}/*.err; struck: {strikes.struck}")
            if isinstance(error, KeyboardInterrupt):
                return 130
            raise
    _say("  ".join(f"{name} {count}" for name, count in sorted(strikes.struck.blows.items())))
    shutil.rmtree(folder)
    _say(f"\nclean: seed {seed}")
    return 0


def _tell(struck: Struck) -> None:
    _say(
        f"{struck.kills:7}{sum(struck.blows.values()):7}{struck.records:11}{struck.acknowledged:14}"
        f"{struck.repeated:12}{struck.audits:8}{struck.seconds:9.0f}"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
