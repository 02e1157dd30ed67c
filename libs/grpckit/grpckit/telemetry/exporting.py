"""The SDK with its exporters. Imported only where it is switched on (`switch`).

No call waits for it: spans wait in a bounded queue for a thread of their own, and are dropped when it is full; metrics
are sent by another thread. Of what goes wrong, one line a minute is logged. At the end, what waits has _LAST seconds.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from eventlog import measuring, tracing
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation, get_meter, set_meter_provider
from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler
from opentelemetry.trace import set_tracer_provider
from prometheus_client import CollectorRegistry, start_http_server

from grpckit.certificates import observed_certificates
from grpckit.listening import why_not

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import CardinalityLimits, MetricReader

    from grpckit.telemetry.switch import MetricsSettings

_LIMITS: CardinalityLimits = {ObservableCounter: 20_000}  # systems that are counted one by one; 2,000 by default
_LAST = 3.0  # seconds
_QUIET = 60.0  # seconds between two complaints
_log = logging.getLogger(__name__)


@contextmanager
def started(name: str, metrics: MetricsSettings, sends: Callable[[str], bool]) -> Iterator[None]:
    """Report under a name; `sends` tells of TRACES and METRICS whether they go to the OTLP endpoint."""
    resource = Resource.create({"service.name": name, "service.namespace": "lienthong"})
    with _complaints(), _ended_together() as last, ExitStack() as ending:
        readers: list[MetricReader] = []
        if metrics.port:
            readers.append(_scraped(metrics, ending))
        if sends("METRICS"):
            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(), cardinality_limits=_LIMITS))
        if readers:
            ending.enter_context(measuring.deferred())
            exemplars = AlwaysOffExemplarFilter()  # nobody reads them, and each value would look for its span
            provider = MeterProvider(readers, resource, shutdown_on_exit=False, exemplar_filter=exemplars)
            last.append(provider.shutdown)
            set_meter_provider(provider)
            meter = get_meter("lienthong")
            meter.create_observable_gauge("lienthong.measuring", [_settled])  # observed before anything is collected
            meter.create_observable_gauge(
                "lienthong.certificate.expiry", [certificates], unit="s", description="When a certificate file ends"
            )
        if sends("TRACES"):
            sampler, share = roots(os.environ)
            tracing_ = TracerProvider(sampler, resource, shutdown_on_exit=False)
            tracing_.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
            last.append(tracing_.shutdown)
            set_tracer_provider(tracing_)
            tracing.use(tracing_.get_tracer("lienthong"), share)
            ending.callback(tracing.use, None)
        yield


def roots(environment: Mapping[str, str]) -> tuple[Sampler | None, float]:
    """Return the sampler, None: the SDK's own choice, and of which share of the calls without a trace it is asked.

    `parentbased_traceidratio`, which production uses, is drawn before a span is made (`tracing.begins`).
    """
    if environment.get(OTEL_TRACES_SAMPLER, "").strip().lower() == "parentbased_traceidratio":
        with suppress(ValueError):
            share = float(environment.get(OTEL_TRACES_SAMPLER_ARG, "1"))
            if 0 <= share <= 1:
                return ParentBased(ALWAYS_ON), share
    return None, 1.0


def _settled(_options: CallbackOptions) -> Iterable[Observation]:
    measuring.settle()
    return ()


def certificates(_options: CallbackOptions) -> Iterable[Observation]:
    """Return when each certificate file in use ends, in seconds since 1970."""
    return [Observation(end.timestamp(), {"file": file}) for file, end in observed_certificates().items()]


def _scraped(metrics: MetricsSettings, ending: ExitStack) -> MetricReader:
    registry = CollectorRegistry()
    try:
        server, thread = start_http_server(metrics.port, metrics.host, registry)
    except OSError as error:
        raise why_not(metrics.host, metrics.port, error) from None
    ending.callback(thread.join, _LAST)
    ending.callback(server.server_close)
    ending.callback(server.shutdown)
    return PrometheusMetricReader(scope_info_enabled=False, registry=registry, cardinality_limits=_LIMITS)


@contextmanager
def _ended_together() -> Iterator[list[Callable[[], None]]]:
    """Call what the block has put down, all at once; who does not get through within _LAST seconds does not."""
    last: list[Callable[[], None]] = []
    try:
        yield last
    finally:
        threads = [threading.Thread(target=each, name="telemetry-end", daemon=True) for each in last]
        for thread in threads:
            thread.start()
        end = time.monotonic() + _LAST
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))


class _Complaints(logging.Handler):
    """Passes on one of OpenTelemetry's own log lines a minute: an endpoint that is away is told of once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._next = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on when it is time."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _QUIET
            _log.warning("telemetry: %s", record.getMessage())


@contextmanager
def _complaints() -> Iterator[None]:
    theirs = logging.getLogger("opentelemetry")
    handler = _Complaints()
    theirs.addHandler(handler)
    theirs.propagate = False
    try:
        yield
    finally:
        theirs.propagate = True
        theirs.removeHandler(handler)
