"""What a server tells of its calls: spans, counts, refusals by reason; and nothing, at no cost, when it is off."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
from eventlog import trace_context, tracing
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer, utc_now
from grpckit.telemetry import calls
from grpckit.telemetry.exporting import roots
from opentelemetry.metrics import CallbackOptions
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

ECHO = "grpckit.echo.v1.EchoService/Echo"
CALLER = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, False, TraceFlags(TraceFlags.SAMPLED))
_OFF = """
import sys
from grpckit.telemetry.switch import reporting
import grpckit.process, eventlog.own_log, eventlog.kafka, views.runtime
with reporting("quiet"):
    heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "prometheus")
    told = [name for name in sys.modules if name.startswith(heavy)]
print(told)
"""


class Told:
    """The spans and the metrics that a server told."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()

    def tracer(self, provider: TracerProvider) -> Any:
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        return provider.get_tracer("test")

    async def span(self) -> ReadableSpan:
        """Return the one span, which ends after its answer was sent."""
        async with asyncio.timeout(5):
            while not (spans := self._exporter.get_finished_spans()):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.005)
        [span] = spans
        return span

    def spans(self) -> int:
        return len(self._exporter.get_finished_spans())

    def value(self, name: str, **attributes: str) -> int:
        """Return a metric's value, or how often it was measured; 0 where there is none."""
        found = self.reader.get_metrics_data()
        points: list[Any] = [
            point
            for resource in (found.resource_metrics if found else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
            if attributes.items()
            <= {key.replace(".", "_"): each for key, each in (point.attributes or {}).items()}.items()
        ]
        return sum(getattr(point, "value", 0) or getattr(point, "count", 0) for point in points)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Measure and trace into memory, with instruments of this test's own."""
    told = Told()
    meter = MeterProvider([told.reader], shutdown_on_exit=False).get_meter("test")
    kinds = {
        **dict.fromkeys(("_refused", "_signatures", "_incidents"), meter.create_counter),
        "_streams": meter.create_up_down_counter,
        "_duration": meter.create_histogram,
    }
    monkeypatch.setattr(calls, "_systems", {})
    for name, create in kinds.items():
        monkeypatch.setattr(calls, name, create(getattr(calls, name)._name))
    monkeypatch.setattr(trace_context, "_budget", trace_context._Budget(trace_context.PER_SECOND))
    tracing.use(told.tracer(TracerProvider(shutdown_on_exit=False)))
    yield told
    tracing.use(None)


async def test_a_call_has_a_span_under_its_caller_and_its_records_name_that_span(world: Any, told: Told) -> None:
    async with world.serving():
        with use_span(NonRecordingSpan(CALLER)):
            answer = await world.call()
        span = await told.span()
    assert span.name == ECHO
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (CALLER.trace_id, CALLER.span_id)
    assert span.context is not None
    assert answer.cause.traceparent == trace_context.written(span.context)
    assert span.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": ECHO,
        "rpc.response.status_code": "OK",
        "lienthong.system": "h41-qlvb",
        "lienthong.agency": "H41",
    }


async def test_a_call_that_is_not_sampled_has_no_span_and_its_records_name_the_caller(world: Any, told: Told) -> None:
    tracing.use(told.tracer(TracerProvider(sampler=ParentBased(TraceIdRatioBased(0)), shutdown_on_exit=False)))
    quiet = SpanContext(CALLER.trace_id, CALLER.span_id, False, TraceFlags(TraceFlags.DEFAULT))
    async with world.serving():
        assert (await world.call()).cause.traceparent == ""
        with use_span(NonRecordingSpan(quiet)):
            assert (await world.call()).cause.traceparent == trace_context.written(quiet)
    assert told.spans() == 0


async def test_a_call_that_is_drawn_by_lot_not_to_begin_a_trace_goes_on_with_its_callers(
    world: Any, told: Told
) -> None:
    tracing.use(told.tracer(TracerProvider(sampler=ParentBased(ALWAYS_ON), shutdown_on_exit=False)), share=0.0)
    async with world.serving():
        assert (await world.call()).cause.traceparent == ""
        with use_span(NonRecordingSpan(CALLER)):
            await world.call()
        span = await told.span()
    assert span.context is not None
    assert span.context.trace_id == CALLER.trace_id


@pytest.mark.parametrize(
    ("sampler", "argument", "share"),
    [
        ("parentbased_traceidratio", "0.1", 0.1),
        ("parentbased_traceidratio", "0", 0.0),
        (" ParentBased_TraceIdRatio", None, 1.0),
    ],
)
def test_the_share_of_calls_that_begin_a_trace_is_drawn_here(sampler: str, argument: str | None, share: float) -> None:
    environment = {"OTEL_TRACES_SAMPLER": sampler} | ({"OTEL_TRACES_SAMPLER_ARG": argument} if argument else {})
    chosen, drawn = roots(environment)
    assert isinstance(chosen, ParentBased)
    assert drawn == share


@pytest.mark.parametrize(
    ("sampler", "argument"),
    [("parentbased_traceidratio", "a tenth"), ("parentbased_traceidratio", "2"), ("always_on", "0.1"), ("", "")],
)
def test_any_other_choice_is_left_to_the_sdk(sampler: str, argument: str) -> None:
    assert roots({"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}) == (None, 1.0)


async def test_under_load_each_sampled_call_has_its_span_and_the_records_of_some_are_followed(
    world: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr(trace_context, "_budget", trace_context._Budget(2, lambda: moment[0]))
    async with world.serving():
        answers = [await world.call() for _ in range(4)]
        moment[0] += 0.5
        answers += [await world.call() for _ in range(2)]
    assert [answer.cause.traceparent[-2:] for answer in answers] == ["01", "01", "00", "00", "01", "00"]
    assert len({answer.cause.traceparent for answer in answers}) == 6
    async with asyncio.timeout(5):
        while told.spans() != 6:  # noqa: ASYNC110 - a span ends after its answer was sent
            await asyncio.sleep(0.005)


async def test_without_telemetry_the_records_name_the_caller(world: Any) -> None:
    async with world.serving():
        with use_span(NonRecordingSpan(CALLER)):
            assert (await world.call()).cause.traceparent == trace_context.written(CALLER)


async def test_calls_are_measured_by_status_and_admitted_ones_counted_by_system(world: Any, told: Told) -> None:
    async with world.serving():
        await world.call()
        await world.call()
        await world.refusal(request=world.request("x" * 2000))
    assert told.value("rpc.server.call.duration", rpc_method=ECHO, rpc_response_status_code="OK") == 2
    assert told.value("rpc.server.call.duration", rpc_response_status_code="INVALID_ARGUMENT") == 1
    assert [(each.value, each.attributes) for each in calls.system_calls(CallbackOptions())] == [
        (2, {"system": "h41-qlvb", "agency": "H41"})
    ]
    assert told.value("lienthong.calls.refused", rpc_method=ECHO) == 1
    assert told.value("lienthong.signature.failures") == 0


async def test_each_way_to_be_somebody_else_is_counted_by_its_reason(world: Any, told: Told) -> None:
    stranger, revoked = Signer.generate("h99-qlvb"), Signer.generate("h41-old")
    world.keys.enrol(revoked, revoked=True)
    body = world.request().SerializeToString()
    metadata = world.signed("Echo", body)
    async with world.serving():
        await world.refusal(signer=stranger)
        await world.refusal(signer=revoked)
        await world.refusal(clock=lambda: utc_now() - timedelta(hours=1))
        await world.raw("Echo", body, metadata)
        for sent, with_what in ((body, metadata), (body + body, world.signed("Echo", body)), (body, ())):
            with pytest.raises(grpc.aio.AioRpcError):
                await world.raw("Echo", sent, with_what)
    expected = ("KEY_UNKNOWN", "KEY_REVOKED", "CLOCK_OFF", "CALL_REPLAYED", "SIGNATURE_WRONG", "SIGNATURE_MISSING")
    assert {reason: told.value("lienthong.signature.failures", reason=reason) for reason in expected} == dict.fromkeys(
        expected, 1
    )
    assert told.value("lienthong.calls.refused", reason="CALL_REPLAYED", rpc_method=ECHO) == 1


async def test_a_fault_of_the_program_is_an_incident_that_the_span_names_without_its_text(
    world: Any, told: Told
) -> None:
    async def fail(_request: Any) -> Any:
        raise ValueError("Nguyễn Văn A")

    world.servicer.answer = fail
    async with world.serving():
        assert told.value("lienthong.incidents", rpc_method=ECHO) == 0
        with pytest.raises(grpc.aio.AioRpcError):
            await world.call()
        span = await told.span()
    assert told.value("lienthong.incidents", rpc_method=ECHO) == 1
    assert span.attributes is not None
    assert span.attributes["rpc.response.status_code"] == "INTERNAL"
    assert span.attributes["lienthong.incident"]
    assert "Nguyễn" not in span.to_json()


async def test_streams_are_open_until_they_end_and_one_that_is_given_up_is_cancelled(world: Any, told: Told) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def wait(_request: Any) -> Any:
        begun.set()
        await go.wait()

    world.servicer.answer = wait
    async with world.serving(), world.connect(retries=NO_RETRIES) as channel:
        answers = world.stub(channel).Repeat(world.request("một"))
        reading = asyncio.ensure_future(anext(answers))
        await begun.wait()
        assert told.value("lienthong.streams.open") == 1
        answers.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        span = await told.span()
    assert told.value("lienthong.streams.open") == 0
    assert span.attributes is not None
    assert span.attributes["rpc.response.status_code"] == "CANCELLED"


async def test_health_is_not_measured(world: Any, told: Told) -> None:
    async with world.serving(), grpc.aio.insecure_channel(world.server.address) as channel:
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        await check(b"", timeout=5)
    assert told.value("rpc.server.call.duration") == 0
    assert told.spans() == 0


async def test_a_suspended_system_is_refused_and_no_signature_failure(world: Any, told: Told) -> None:
    world.keys.known[world.signer.key_id] = replace(world.keys.known[world.signer.key_id], system_active=False)
    async with world.serving():
        assert (await world.refusal()).reason == "SYSTEM_SUSPENDED"
    assert told.value("lienthong.signature.failures") == 0
    assert told.value("lienthong.calls.refused", reason="SYSTEM_SUSPENDED") == 1


def test_off_imports_neither_sdk_nor_exporter() -> None:
    done = subprocess.run([sys.executable, "-c", _OFF], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
