"""A service in a process of its own tells what its settings ask for, and nobody waits for that."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from decider.refusal import Refusal
from distributed.platform import free_ports
from grpc_health.v1 import health_pb2
from grpckit.signing import Signer
from lienthong.identity.v1.agency_service_pb2 import RegisterAgencyRequest
from lienthong_sdk import Addresses, Lienthong

NOBODY = "http://127.0.0.1:9"  # the port "discard": nobody listens there
NAMES = {
    "target_info",
    "rpc_server_call_duration_seconds",
    "lienthong_calls_refused_total",
    "lienthong_signature_failures_total",
    "lienthong_incidents_total",
    "lienthong_system_calls_total",
    "lienthong_append_duration_seconds",
    "lienthong_append_batch_size",
    "lienthong_log_records",
    "lienthong_relay_lag",
    "lienthong_relay_partitions",
    "lienthong_follower_lag",
    "lienthong_follower_failed",
    "lienthong_follower_waiting",
    "lienthong_view_poisoned",
    "messaging_client_operation_duration_seconds",
    "messaging_process_duration_seconds",
}
LATER = {  # told once there is one: a stream, a conflict, a certificate
    "lienthong_streams_open",
    "lienthong_append_conflicts_total",
    "lienthong_certificate_expiry_seconds",
}


@contextmanager
def identity(folder: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run the service; kill it at the end if it runs still."""
    own = {"LIENTHONG_IDENTITY_DATA": str(folder / "identity"), "LIENTHONG_IDENTITY_PORT": "0", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "identity_service"]
    with subprocess.Popen(
        command, env=os.environ | own | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _name, address = process.stdout.readline().split()
    assert ready == "ready"
    return address


async def called(address: str, folder: Path) -> float:
    """Register an agency, and call as somebody who is not known; return the seconds that the slower took."""
    slowest = 0.0
    for signer in (Signer.from_file(folder / "identity" / "operator.key"), Signer.generate("stranger")):
        request = RegisterAgencyRequest(code="H41", display_name="Ủy ban nhân dân", request_id=str(uuid.uuid4()))
        async with Lienthong(Addresses(identity=address), signer) as lienthong:
            begun = time.monotonic()
            try:
                await lienthong.agencies.RegisterAgency(request)
            except Refusal as refusal:
                assert refusal.reason == "KEY_UNKNOWN"  # noqa: PT017 - one of the two is refused
            slowest = max(slowest, time.monotonic() - begun)
    return slowest


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def health(port: int, service: str) -> int:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        request = health_pb2.HealthCheckRequest(service=service).SerializeToString()
        return int(health_pb2.HealthCheckResponse.FromString(check(request, timeout=10)).status)


def test_metrics_probes_and_logs_are_told_while_the_endpoint_of_traces_is_away(tmp_path: Path) -> None:
    metrics, probes = free_ports(2)
    settings = {
        "LIENTHONG_METRICS_PORT": str(metrics),
        "LIENTHONG_PROBES_PORT": str(probes),
        "LIENTHONG_LOG_FORMAT": "json",
        "LIENTHONG_LOG_LEVEL": "INFO",
        "OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
    }
    with identity(tmp_path, **settings) as process:
        slowest = asyncio.run(called(address_of(process), tmp_path))
        text = scrape(metrics)
        statuses = [health(probes, service) for service in ("", "live")]
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        ending = time.monotonic() - begun

    assert process.returncode == 0, err
    assert (slowest < 5, ending < 20, out) == (True, True, "")
    assert statuses == [health_pb2.HealthCheckResponse.SERVING] * 2
    found = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert found - LATER == NAMES
    assert 'lienthong_signature_failures_total{reason="KEY_UNKNOWN"} 1.0' in text
    assert 'lienthong_system_calls_total{agency="",system="operator"} 1.0' in text
    registered = 'rpc_method="lienthong.identity.v1.AgencyService/RegisterAgency"'
    assert f'rpc_server_call_duration_seconds_count{{{registered},rpc_response_status_code="OK"}} 1.0' in text
    assert 'service_name="identity",service_namespace="lienthong"' in text

    lines = [json.loads(line) for line in err.splitlines()]
    [refused] = [line for line in lines if line.get("reason") == "KEY_UNKNOWN"]
    assert len(refused["trace_id"]) == 32
    complaints = [line for line in lines if line["logger"].startswith("grpckit.telemetry")]
    assert len(complaints) == 1, "an endpoint that is away is told of once a minute"
    assert "Ủy ban" not in err


def test_a_scrape_port_or_a_probes_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("METRICS", "PROBES"):
            with identity(tmp_path / name, **{f"LIENTHONG_{name}_PORT": port}) as process:
                _, err = process.communicate(timeout=60)
            assert process.returncode == 2
            assert err == f"identity: 127.0.0.1:{port} is in use; stop what listens there, or choose another port\n"


@pytest.mark.parametrize("settings", [{"LIENTHONG_LOG_FORMAT": "xml"}, {"LIENTHONG_METRICS_PORT": "many"}])
def test_a_setting_that_is_none_is_one_line(settings: dict[str, str], tmp_path: Path) -> None:
    with identity(tmp_path, **settings) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(err.splitlines()) == 1


def test_the_sdk_that_is_disabled_opens_no_port(tmp_path: Path) -> None:
    [metrics] = free_ports(1)
    with identity(tmp_path, LIENTHONG_METRICS_PORT=str(metrics), OTEL_SDK_DISABLED="true") as process:
        address_of(process)
        with socket.socket() as asking:
            assert asking.connect_ex(("127.0.0.1", metrics)) != 0
