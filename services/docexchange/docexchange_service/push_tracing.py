"""The spans of a push, each a child of the call that caused what is pushed: its record says which that was.

The records are read after the push, so that nobody waits for it, and only where somebody traces.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from eventlog import trace_context, tracing
from eventlog.errors import StoreUnavailable
from opentelemetry.trace import SpanKind

if TYPE_CHECKING:
    from eventlog.record import Recorded

Read = Callable[[int, int, int], "Sequence[Recorded]"]  # partition, position, how many at most

_LOG = "docexchange"
_LIVE_MICROS = 60_000_000


async def trace_push(read: Read, rows: Sequence[Any], begun: int) -> None:
    """Make the spans of rows of the inbox that were pushed from `begun` (nanoseconds since 1970) until now."""
    if tracing.tracer() is None:
        return
    ended = time.time_ns()
    since = ended // 1000 - _LIVE_MICROS
    places = dict.fromkeys((row.partition, row.position) for row in rows if row.changed >= since)
    if places:
        records = await asyncio.to_thread(_records, read, list(places)[: tracing.MOST])
        happened = [
            tracing.Happened(parent, begun, tracing.attributes_of(each) | {"lienthong.rows": len(rows)})
            for each in records
            if (parent := trace_context.context_of(each.record.cause.traceparent)) is not None
        ]
        tracing.note("push inbox", SpanKind.PRODUCER, happened, ended)


def _records(read: Read, places: Sequence[tuple[int, int]]) -> list[Recorded]:
    found: list[Recorded] = []
    for place in places:
        try:
            found += read(*place, 1)
        except StoreUnavailable:  # what was pushed was pushed: a span less
            return found
    return tracing.live(found) if found else []
