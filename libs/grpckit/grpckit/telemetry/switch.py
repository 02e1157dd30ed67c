"""Whether a process reports, and where to.

    LIENTHONG_METRICS_PORT, _HOST       Prometheus' text at http://HOST:PORT/metrics; 0, the default: none
    OTEL_EXPORTER_OTLP_ENDPOINT         http://collector:4317, or https://: traces and metrics by OTLP over gRPC
    OTEL_SDK_DISABLED=true              nothing at all
    OTEL_TRACES_EXPORTER=none, OTEL_METRICS_EXPORTER=none      all but that, by OTLP

What else there is to set is OpenTelemetry's own: OTEL_TRACES_SAMPLER and _ARG, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_*,
OTEL_EXPORTER_OTLP_*. The SDK is imported where one of the first two is set, and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MetricsSettings(BaseSettings):
    """What can be set of the scrape port, each as an environment variable LIENTHONG_METRICS_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_METRICS_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0: no scrape port")


@contextmanager
def reporting(name: str) -> Iterator[None]:
    """Report under the service's name for as long as the block takes; nothing is built before it that is to be seen.

    AddressInUse or AddressNotUsable when the scrape port is not to be had.
    """
    metrics = MetricsSettings()
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield
        return
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if not metrics.port and not endpoint:
        yield
        return
    from grpckit.telemetry import exporting  # noqa: PLC0415 - see the module

    with exporting.started(name, metrics, sends=_sends if endpoint else _sends_nothing):
        yield


def _sends(signal: str) -> bool:
    """Tell whether traces, or metrics, are sent to the endpoint."""
    return os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() != "none"


def _sends_nothing(_signal: str) -> bool:
    return False
