"""Hundreds of kills: `python -m tests.fault.soak --kills 300 --seed 7 --minutes 60`, or with `--distributed`.

It ends by itself, with status 0 when nothing was found, and leaves nothing behind; with a finding its folder stays.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.fault import spread_soak
from tests.fault.kills import Campaign, Tally
from tests.fault.running import running

_HEADER = "  kills  during start    records  acknowledged  sent again  audits  seconds"


def main() -> int:
    """Run a campaign; return the exit status."""
    wanted = _arguments()
    if wanted.distributed:
        return spread_soak.main(wanted.kills, wanted.seed, wanted.minutes * 60, wanted.pace)
    folder = Path(tempfile.mkdtemp(prefix="lienthong-soak-"))
    _say(f"seed {wanted.seed}, {wanted.kills} kills, at most {wanted.minutes} minutes, in {folder}\n{_HEADER}")
    began = time.monotonic()
    with running(folder) as platform:
        campaign = Campaign(platform, wanted.seed, pace=wanted.pace)
        try:
            asyncio.run(campaign.run(wanted.kills, wanted.minutes * 60, _tell))
        except (Exception, KeyboardInterrupt) as error:
            _summary(campaign.tally)
            _say(f"\nFOUND after {time.monotonic() - began:.0f} s, seed {wanted.seed}: {type(error).__name__}: {error}")
            _say(f"what the platform said: {platform.err}; its data: {platform.data}")
            if isinstance(error, KeyboardInterrupt):
                return 130
            raise
    _summary(campaign.tally)
    shutil.rmtree(folder)
    _say(f"\nclean: seed {wanted.seed}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distributed", action="store_true", help="processes, PostgreSQL and Kafka are killed")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311 - no secret
    parser.add_argument("--minutes", type=float, default=90, help="begin no kill after this time")
    parser.add_argument("--pace", type=float, default=0.05, help="seconds that each actor rests after each act")
    return parser.parse_args()


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell(tally: Tally) -> None:
    _say(
        f"{tally.kills:7}{tally.during_start:14}{tally.records:11}{tally.acknowledged:14}{tally.repeated:12}"
        f"{tally.audits:8}{tally.seconds:9.0f}"
    )


def _summary(tally: Tally) -> None:
    rows = {
        "kills": tally.kills,
        "of them before the platform was ready": tally.during_start,
        "full audits": tally.audits,
        "records": tally.records,
        "acknowledged commands": tally.acknowledged,
        "sent again after a kill": tally.repeated,
        **{f"records of {name}": count for name, count in sorted(tally.types.items())},
        **{f"refused: {name}": count for name, count in tally.refused.items()},
        **{f"tries that failed: {name}": count for name, count in sorted(tally.failures.items())},
        "seconds": round(tally.seconds),
    }
    width = max(map(len, rows))
    _say()
    for name, value in rows.items():
        _say(f"{name:{width}}  {value:10}")


if __name__ == "__main__":
    sys.exit(main())
