"""A process that appends to streams which others append to too: URL WHO STREAMS EACH.

Each of its texts goes once to each stream; where it is late it tries again at the version that the stream has now.
"""

from __future__ import annotations

import asyncio
import sys

from eventlog.conformance.material import append, request
from eventlog.errors import Conflict
from eventlog.postgresql import PostgresqlStore
from eventlog.writer import Writer

LOG, PARTITIONS = "raced", 4


async def add(writer: Writer, who: str, stream: str, each: int) -> None:
    version = 0
    for n in range(each):
        text = f"{who}/{stream}/{n}"
        while True:
            try:
                version = (
                    (await writer.append(append(stream, version, text, request=request(text)))).records[-1].version
                )
                break
            except Conflict as late:
                version = late.actual


async def main() -> None:
    url, who, streams, each = sys.argv[1:]
    store = PostgresqlStore(url, LOG, PARTITIONS)
    writer = Writer(store, max_batch=8)
    await asyncio.gather(*(add(writer, who, f"stream-{n}", int(each)) for n in range(int(streams))))
    writer.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
