"""The audit of the tour, beside a platform that is idle: `python -m inside.audit`; prints what it found as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import sys

from lienthong_sdk.commands.engines import open_topic
from tour.audit import audit
from tour.stores import open_stores

_PARTITIONS = 4


async def main() -> bool:
    """Audit both logs; tell whether nothing was found."""
    url = os.environ["LIENTHONG_DATABASE_URL"]
    with contextlib.ExitStack() as opened:
        topic = opened.enter_context(open_topic(os.environ["LIENTHONG_KAFKA_BOOTSTRAP"]))
        services = [open_stores(url, log, _PARTITIONS, topic, opened) for log in ("identity", "docexchange")]
        found = await audit(services)
    print(json.dumps(dataclasses.asdict(found)))  # noqa: T201 - what the tests read
    return found.clean


if __name__ == "__main__":
    sys.exit(not asyncio.run(main()))
