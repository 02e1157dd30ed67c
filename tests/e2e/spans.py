"""A collector of spans, by OTLP over gRPC on 127.0.0.1, and the trees that they make."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as otlp_grpc

_LOOK = 0.05  # seconds
_FOLLOWER = "messaging.consumer.group.name"


@dataclass(frozen=True)
class Span:
    """A span as it was told, with the service that told it."""

    trace: str
    id: str
    parent: str
    name: str
    service: str
    attributes: dict[str, str]
    nanos: int

    def __str__(self) -> str:
        follower = self.attributes.get(_FOLLOWER)
        return f"{self.name}{f' ({follower})' if follower else ''}"


class Collector(otlp_grpc.TraceServiceServicer):
    """Keeps the spans that it is given."""

    def __init__(self) -> None:
        self.endpoint = ""
        self._spans: list[Span] = []
        self._lock = threading.Lock()

    def Export(self, request: otlp.ExportTraceServiceRequest, context: Any) -> otlp.ExportTraceServiceResponse:  # noqa: N802
        """Take what an exporter sends."""
        del context
        with self._lock:
            self._spans.extend(_read(request))
        return otlp.ExportTraceServiceResponse()

    def of(self, trace: str) -> list[Span]:
        """Return the spans of a trace, in order of their beginning."""
        with self._lock:
            return sorted((span for span in self._spans if span.trace == trace), key=lambda span: span.nanos)

    def await_edges(self, trace: str, edges: set[tuple[str, str]], seconds: float = 20) -> list[Span]:
        """Return the spans of a trace once it has these edges, or when the time is over."""
        end = time.monotonic() + seconds
        while not edges <= edges_of(self.of(trace)) and time.monotonic() < end:
            time.sleep(_LOOK)
        return self.of(trace)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    otlp_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(1).wait()


def edges_of(spans: Sequence[Span]) -> set[tuple[str, str]]:
    """Return who is whose parent; "caller" for a parent that is not among them."""
    names = {span.id: str(span) for span in spans}
    return {(names.get(span.parent, "caller"), str(span)) for span in spans}


def tree(spans: Sequence[Span]) -> str:
    """Draw a trace, a line a span."""
    known = {span.id for span in spans}
    lines = ["caller"]

    def draw(chosen: Callable[[Span], bool], depth: int) -> None:
        for span in filter(chosen, spans):
            lines.append(f"{'   ' * depth}└─ {span}  [{span.service}]")
            draw(lambda each, parent=span.id: each.parent == parent, depth + 1)  # type: ignore[misc]

    draw(lambda span: span.parent not in known, 0)
    return "\n".join(lines)


def _read(request: otlp.ExportTraceServiceRequest) -> Iterator[Span]:
    for of_resource in request.resource_spans:
        service = _texts(of_resource.resource.attributes).get("service.name", "")
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield Span(
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    name=span.name,
                    service=service,
                    attributes=_texts(span.attributes),
                    nanos=span.start_time_unix_nano,
                )


def _texts(attributes: Any) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in attributes}
