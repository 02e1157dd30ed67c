"""The trace context of calls and records: W3C Trace Context, as a record carries it.

A call that is sampled has one span. What it causes has a dozen more, in several processes, so a process follows up at
most PER_SECOND of its calls: the records of those say that they are sampled, the records of others that they are not.
So a trace is whole or ends at its call, whatever the load, and whoever asked for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from opentelemetry.context import create_key, get_value, set_value
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span, set_span_in_context

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

PER_SECOND = 5  # calls whose consequences are traced
# W3C Trace Context, section 3.2: version 00, and neither id all zeros.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_SAMPLED = frozenset("13579bdf")  # the last digit of the flags
_FOLLOWED = create_key("lienthong-followed")


class _Budget:
    """Grants so many a second, and so many at once."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = self._left = per_second
        self._clock = clock
        self._then = clock()

    def granted(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._left = min(self._left + (now - self._then) * self._per_second, self._per_second)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


_budget = _Budget(PER_SECOND)


def serving(span: Span) -> Context:
    """Return the context of serving a call that has this span, which is recorded."""
    return set_value(_FOLLOWED, _budget.granted(), set_span_in_context(span))


def followed() -> Span | None:
    """Return the span of the call that is being served where what it causes is traced too."""
    return get_current_span() if get_value(_FOLLOWED) else None


def cause() -> str:
    """Return the traceparent for the records of the call that is being served; empty where it has no span."""
    span = get_current_span()
    if not span.is_recording():
        return ""
    found = span.get_span_context()
    flags = TraceFlags(TraceFlags.SAMPLED if get_value(_FOLLOWED) else TraceFlags.DEFAULT)
    return written(SpanContext(found.trace_id, found.span_id, is_remote=False, trace_flags=flags))


def parse(traceparent: object) -> SpanContext | None:
    """Read a W3C traceparent; None when it is none."""
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None:
        return None
    trace, span, flags = (int(part, 16) for part in found.groups())
    return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags))


def written(span: SpanContext) -> str:
    """Write a W3C traceparent."""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def context_of(traceparent: object) -> Context | None:
    """Return the context whose current span is the one named; None when it is none."""
    found = parse(traceparent)
    return None if found is None else set_span_in_context(NonRecordingSpan(found))


def is_sampled(traceparent: str) -> bool:
    """Tell whether a traceparent is one, and says that it is sampled."""
    return traceparent[-1:] in _SAMPLED and parse(traceparent) is not None
