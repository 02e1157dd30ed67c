"""python -m drills NAME... | all: hold drills on a platform of processes on this machine.

Each says what it does and how long that took, and ends with one line of JSON on its output. Exit status: 0 all is well;
1 something was found, with what; 2 it cannot be held here.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from kafka_local import KafkaLocalError
from postgresql_local import PostgresqlLocalError

from drills.finding import Found
from drills.kafka_rebuild import kafka_rebuild
from drills.key_rotation import key_rotation
from drills.restore import restore
from drills.rolling_upgrade import rolling_upgrade
from drills.scale import scale
from drills.site import Site, Size, site
from drills.steps import Steps, say

Drill = Callable[[Site, Steps], Awaitable[None]]
DRILLS: Mapping[str, Drill] = {
    "key-rotation": key_rotation,
    "scale": scale,
    "rolling-upgrade": rolling_upgrade,
    "kafka-rebuild": kafka_rebuild,
    "restore": restore,  # the last one: those before it have filled the logs
}
_PROCESSES = ("identity", "docexchange-1", "docexchange-2")


async def hold(names: Sequence[str], size: Size) -> list[Steps]:
    """Hold drills one after the other on one platform; Found when one finds something."""
    held = []
    async with site(size, *_PROCESSES) as where:
        for name in names:
            say(f"{name}: {(DRILLS[name].__doc__ or '').strip()}")
            held.append(Steps(name))
            await DRILLS[name](where, held[-1])
    return held


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m drills", description="Drills for the bad days")
    parser.add_argument("names", nargs="+", choices=[*DRILLS, "all"], metavar="NAME", help=", ".join([*DRILLS, "all"]))
    parser.add_argument("--seconds", type=float, default=5.0, help="of load before and after each blow; default 5")
    parser.add_argument("--agencies", type=int, default=4, help="that send and receive; default 4")
    given = parser.parse_args(arguments)
    names = list(DRILLS) if "all" in given.names else given.names
    try:
        for steps in asyncio.run(hold(names, Size(seconds=given.seconds, agencies=given.agencies))):
            sys.stdout.write(f"{steps.line()}\n")
    except Found as found:
        say(f"FOUND: {found}")
        return 1
    except (PostgresqlLocalError, KafkaLocalError) as error:
        say(f"drills: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
