"""The load of the drills from inside the cluster, until SIGTERM: `python -m inside.load SEED`.

It prints a line of JSON a second with what was done so far, and one for each change of the leases. At the end, when it
has come to rest and everything was checked, the line has `whole`: true.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drills.ledger import Ledger
from drills.mirror import Mirror
from drills.watching import Watch
from grpckit.tls import ClientTls
from lienthong_sdk import Addresses

from .leases import watch_leases

_WAVE = 4  # its agencies are none of the tour's
_PACE = 0.05
_LOGS = ("identity", "docexchange")


class Given:
    """A `drills.platform.Platform` that others start, look after and end."""

    def __init__(self) -> None:
        files = [Path(os.environ[f"LIENTHONG_TLS_{name}"]) for name in ("CA", "CLIENT_CERTIFICATE", "CLIENT_KEY")]
        identity, docexchange = (os.environ[f"LIENTHONG_{log.upper()}"] for log in _LOGS)
        self.addresses = Addresses(identity, docexchange, ClientTls(*files))
        self.operator_key = Path(os.environ["LIENTHONG_KEY"])

    async def start(self) -> None:
        """See `Platform.start`."""

    def kill(self) -> None:
        """See `Platform.kill`."""

    def complaints(self) -> Sequence[str]:
        """See `Platform.complaints`: the tests read the pods' logs."""
        return []

    async def audit(self, mirrors: Mapping[str, Mirror]) -> None:
        """See `Platform.audit`: `inside.audit` is a program of its own."""


class Timed(Ledger):
    """A ledger that knows how long nothing was acknowledged at the most."""

    last = 0.0
    longest = 0.0

    def _keep(self, client: Any, command: Any, answer: Any) -> None:
        super()._keep(client, command, answer)
        now = time.monotonic()
        self.longest = max(self.longest, now - (self.last or now))
        self.last = now


async def main() -> None:
    """Run it."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    watch = Watch(Given(), random.Random(int(sys.argv[1])), agencies=4, pace=_PACE, wave=_WAVE)  # noqa: S311 - no secret
    watch.load.docexchange = Timed("docexchange")
    watching = [asyncio.create_task(watch_leases(os.environ["LIENTHONG_DATABASE_URL"], log, tell)) for log in _LOGS]
    try:
        await watch.begin()
        while not ended.is_set():
            watch.load.check()
            _tell_stand(watch)
            await asyncio.wait([asyncio.create_task(ended.wait())], timeout=1)
        _tell_stand(watch)
        watch.load.docexchange.last = 0.0
        await watch.settle()
        _tell_stand(watch, whole=True, repeated=watch.repeated, records=sum(m.size for m in watch.mirrors.values()))
    finally:
        for task in watching:
            task.cancel()
        await watch.end()


def _tell_stand(watch: Watch[Given], **more: Any) -> None:
    load = watch.load
    ledger = load.docexchange
    assert isinstance(ledger, Timed)
    tell(
        acknowledged=len(ledger.acknowledged) + len(load.identity.acknowledged),
        failures={name: ledger.failures.get(name, 0) + load.identity.failures.get(name, 0) for name in _names(load)},
        longest_silence=round(ledger.longest, 2),
        **more,
    )


def _names(load: Any) -> set[str]:
    return {*load.docexchange.failures, *load.identity.failures}


def tell(**what: Any) -> None:
    """Print a line of JSON with the time."""
    print(json.dumps({"at": round(time.time(), 3), **what}), flush=True)  # noqa: T201 - what the tests read


if __name__ == "__main__":
    asyncio.run(main())
