"""Streams that are not folded are told of, by view, without asking the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from eventlog import trace_context, tracing
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from views import metering
from views.specification import MemoryLog
from views.view import View

_PATIENCE = 20.0


def told(view: str = "words") -> list[int]:
    return [value for tags, value in metering.view_poisoned() if tags["view"] == view]


def test_a_stream_that_is_parked_is_told_of_until_it_is_mended(
    words: View, log: MemoryLog, say: Any, opened: Any
) -> None:
    parked = threading.Event()
    views = opened(words, alarm=lambda *_: parked.set())
    assert told() == [], "it does not run yet"
    views.start()
    assert told() == [0]
    say("good", "a")
    say("bad", "b!")
    assert parked.wait(_PATIENCE)
    while told() != [1]:
        assert parked.wait(0)
    views.stop()
    assert told() == []

    mended = opened(replace(words, fold=lambda *_: {"seen": 1, "last": ""}))
    mended.start()
    assert told() == [1]
    assert mended.retry_poisoned("words", "bad", log.read_stream)
    assert told() == [0]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider.get_tracer("test"))
    yield exporter
    tracing.use(None)


@contextmanager
def under_way(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every record be one that a sampled call has just made."""
    monkeypatch.setattr(tracing, "live", lambda records: list(records)[: tracing.MOST])
    parent = trace_context.context_of(f"00-{'1' * 32}-{'2' * 16}-01")
    monkeypatch.setattr(tracing, "context_of", lambda _traceparent: parent)
    yield


def test_a_rebuild_makes_no_spans(
    words: View, say: Any, opened: Any, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = say("s", "a+b")
    views = opened(words)
    with under_way(monkeypatch):
        named = {"messaging.destination.name": "text"}
        with tracing.processed(named, "views", [record]):
            views.effect("text").apply(record.partition, record.position, [record])
        assert [span.name for span in spans.get_finished_spans()] == ["fold words", "process text"]
        spans.clear()
        views.start()
        assert views.ready(_PATIENCE)
        spans.clear()
        views.rebuild("words")
        assert spans.get_finished_spans() == ()
