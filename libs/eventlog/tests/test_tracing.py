"""Spans of records: of those that are sampled and happen now, each a child of the call that made the record."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest
from eventlog import trace_context, tracing
from eventlog.record import Recorded, prepare, seal
from google.protobuf.wrappers_pb2 import StringValue
from lienthong.log.v1 import record_pb2
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
NAMED = {"messaging.system": "local", "messaging.destination.name": "lienthong.log"}


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider.get_tracer("test"))
    yield exporter
    tracing.use(None)


def recorded(position: int, traceparent: str = SAMPLED, *, seconds_ago: float = 0) -> Recorded:
    cause = record_pb2.Cause(traceparent=traceparent).SerializeToString()
    what = prepare("stream", StringValue(value="Nguyễn Văn A"), b"", cause)
    return seal("log", 0, position, "stream", position + 1, int((time.time() - seconds_ago) * 1e6), what)


def spans_of(records: Sequence[Recorded], told: InMemorySpanExporter) -> Sequence[ReadableSpan]:
    told.clear()
    with tracing.processed(NAMED, "views", records):
        pass
    return told.get_finished_spans()


def test_a_sampled_record_has_a_span_under_the_call_that_made_it(told: InMemorySpanExporter) -> None:
    [span] = spans_of([recorded(7)], told)
    assert span.name == "process lienthong.log"
    assert span.kind is SpanKind.CONSUMER
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert span.attributes is not None
    assert span.attributes["lienthong.position"] == 7
    assert span.attributes["messaging.consumer.group.name"] == "views"
    assert "Nguyễn" not in span.to_json()


@pytest.mark.parametrize("traceparent", [UNSAMPLED, "", "nonsense1", f"00-{'0' * 32}-{SPAN}-01"])
def test_a_record_that_nobody_samples_has_none(traceparent: str, told: InMemorySpanExporter) -> None:
    assert spans_of([recorded(0, traceparent)], told) == ()


def test_an_old_record_has_none_and_does_not_keep_a_new_one_from_its_own(told: InMemorySpanExporter) -> None:
    assert spans_of([recorded(0, seconds_ago=90)], told) == ()
    [span] = spans_of([recorded(0, seconds_ago=90), recorded(1)], told)
    assert span.attributes is not None
    assert span.attributes["lienthong.position"] == 1


def test_to_catch_up_makes_no_spans_and_a_batch_makes_few_that_share_a_link(told: InMemorySpanExporter) -> None:
    assert spans_of([recorded(position) for position in range(1_001)], told) == ()
    spans = spans_of([recorded(position) for position in range(50)], told)
    assert len(spans) == tracing.MOST
    first, *others = sorted(spans, key=lambda span: span.start_time or 0)
    assert first.links == ()
    assert all(other.links[0].context == first.context for other in others)


def test_what_is_done_within_is_a_child_and_only_of_records_under_way(told: InMemorySpanExporter) -> None:
    here, elsewhere = recorded(0), recorded(9)
    with tracing.processed(NAMED, "views", [here]), tracing.inner("fold inbox", [here, elsewhere]):
        pass
    fold, process = told.get_finished_spans()
    assert (fold.name, process.name) == ("fold inbox", "process lienthong.log")
    assert fold.parent == process.context
    told.clear()
    with tracing.inner("fold inbox", [here]):  # a rebuild
        pass
    assert told.get_finished_spans() == ()


def test_a_failure_is_told_by_its_kind_without_its_text(told: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Nguyễn"), tracing.published(NAMED, [recorded(0)]):
        raise ValueError("Nguyễn Văn A")
    [span] = told.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert "Nguyễn" not in span.to_json()


def test_a_traceparent_is_written_as_it_is_read() -> None:
    for traceparent in (SAMPLED, UNSAMPLED):
        found = trace_context.parse(traceparent)
        assert found is not None
        assert trace_context.written(found) == traceparent
    assert trace_context.parse(SAMPLED.upper()) is None
    assert trace_context.parse(b"00") is None


def test_without_a_tracer_nothing_is_parsed_and_nothing_told() -> None:
    tracing.use(None)
    unread = recorded(0)
    with tracing.processed(NAMED, "views", [unread]), tracing.inner("fold", [unread]):
        pass
    tracing.note("append", SpanKind.INTERNAL, [], 0)
    assert "record" not in vars(unread)
