"""What is counted, measured and traced of calls; for the guard.

    rpc.server.call.duration        seconds, by method and status
    lienthong.calls.refused         by method and reason
    lienthong.signature.failures    by reason: refusals of who is not known to be who he says
    lienthong.incidents             faults of the program, by method
    lienthong.streams.open          by method
    lienthong.system.calls          admitted calls, by system and agency

A call has a span where somebody samples it: its trace goes on from the caller's `traceparent`, and the records that it
makes carry the span's (`eventlog.trace_context`). The semantic conventions of OpenTelemetry for RPC name what they have
a name for. A span, as a log, holds nothing of a request.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import grpc
from decider.refusal import Kind, Refusal
from eventlog import trace_context, tracing
from eventlog.measuring import measure
from opentelemetry.context import attach, detach
from opentelemetry.metrics import CallbackOptions, Observation, get_meter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, get_current_span

from grpckit.call import Call, call_or_none

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context as TraceContext

    from grpckit.admission import Context, Metadata

SIGNATURE_FAILURES = (
    *("SIGNATURE_MISSING", "SIGNATURE_MALFORMED", "SIGNATURE_WRONG", "CLOCK_OFF", "KEY_UNKNOWN", "KEY_REVOKED"),
    *("KEY_EXPIRED", "CALL_REPLAYED", "CERTIFICATE_NOT_BOUND"),
)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_FAULTS = {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}

_meter = get_meter("lienthong")
_duration = _meter.create_histogram(
    "rpc.server.call.duration",
    unit="s",
    description="From a call's arrival until it is answered, or its stream has ended",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
_refused = _meter.create_counter("lienthong.calls.refused", unit="{call}", description="Calls refused, by reason")
_signatures = _meter.create_counter(
    "lienthong.signature.failures", unit="{call}", description="Calls whose caller was not who he said he was"
)
_incidents = _meter.create_counter("lienthong.incidents", unit="{call}", description="Calls that met a fault of ours")
_streams = _meter.create_up_down_counter("lienthong.streams.open", unit="{stream}", description="Streams that run now")
_systems: dict[tuple[str, str], int] = {}  # admitted calls by system and agency: counted here, it costs a call nothing


def system_calls(_options: CallbackOptions) -> list[Observation]:
    """Return how many calls of each system were admitted."""
    known = _systems.copy()  # the event loop goes on counting
    return [Observation(count, {"system": system, "agency": agency}) for (system, agency), count in known.items()]


_meter.create_observable_counter(
    "lienthong.system.calls", [system_calls], unit="{call}", description="Admitted calls of each system"
)


class Watch:
    """Watches the calls of one method; `name` is its full name with the leading slash."""

    def __init__(self, name: str, *, streams: bool) -> None:
        self.name = name.removeprefix("/")
        self.streams = streams
        self.method = {"rpc.method": self.name}
        self.by_status: dict[str, dict[str, str]] = {}
        self.spans = {"rpc.system.name": "grpc", **self.method}
        _incidents.add(0, self.method)  # an alarm sees the first one only where there was a nought before it
        for reason in SIGNATURE_FAILURES:
            _signatures.add(0, {"reason": reason})

    def admitted(self, call: Call) -> None:
        """Count a call that is admitted."""
        if call.system:
            key = call.system, call.agency
            _systems[key] = _systems.get(key, 0) + 1

    def refused(self, refusal: Refusal) -> None:
        """Count a call that is refused."""
        _refused.add(1, {**self.method, "reason": refusal.reason})
        if refusal.kind is Kind.UNAUTHENTICATED:
            _signatures.add(1, {"reason": refusal.reason})
        get_current_span().set_attribute("lienthong.reason", refusal.reason)

    def failed(self, incident: str) -> None:
        """Count a call that met a fault of the program."""
        _incidents.add(1, self.method)
        get_current_span().set_attribute("lienthong.incident", incident)


class Seen:
    """One call, for as long as the block takes, which is in one task."""

    __slots__ = ("_begun", "_context", "_metadata", "_span", "_token", "_watch")

    def __init__(self, watch: Watch, context: Context, metadata: Metadata) -> None:
        self._watch = watch
        self._context = context
        self._metadata = metadata
        self._span: Span | None = None
        self._token: Token[TraceContext] | None = None
        self._begun = 0.0

    def __enter__(self) -> None:
        watch = self._watch
        if watch.streams:
            _streams.add(1, watch.method)
        if (tracer := tracing.tracer()) is not None:
            self._trace(tracer)
        self._begun = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        watch = self._watch
        seconds = time.perf_counter() - self._begun
        status = _cut(self._context) if kind is asyncio.CancelledError else _status(self._context)
        attributes = watch.by_status.get(status)
        if attributes is None:
            attributes = watch.by_status[status] = {**watch.method, "rpc.response.status_code": status}
        measure(_duration, seconds, attributes)
        if watch.streams:
            _streams.add(-1, watch.method)
        if self._span is not None and self._token is not None:
            detach(self._token)
            _close(self._span, status)

    def _trace(self, tracer: Tracer) -> None:
        watch = self._watch
        parent = trace_context.context_of(self._metadata.get("traceparent"))
        if parent is None and not tracing.begins():
            return
        span = tracer.start_span(watch.name, parent, SpanKind.SERVER, watch.spans)
        if span.is_recording():
            self._span = span
            self._token = attach(trace_context.serving(span))


def _close(span: Span, status: str) -> None:
    call = call_or_none()
    if call is not None and call.system:
        span.set_attributes({"lienthong.system": call.system, "lienthong.agency": call.agency})
    span.set_attribute("rpc.response.status_code", status)
    if status in _FAULTS:
        span.set_attribute("error.type", status)
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _status(context: Context) -> str:
    code: Any = context.code()
    return code.name if isinstance(code, grpc.StatusCode) else "OK"


def _cut(context: Context) -> str:
    left: float | None = context.time_remaining()
    return "CANCELLED" if left is None or left > 0 else "DEADLINE_EXCEEDED"
