"""A trace goes from who called to everything that came of it, through the log, the topic and other services."""

from __future__ import annotations

import asyncio
import secrets
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributed.platform import Distributed, DistributedSettings
from grpckit.signing import Signer
from kafka_local import Kafka, KafkaLocalError
from lienthong.docexchange.v1.mailbox_service_pb2 import SubscribeInboxRequest
from lienthong.identity.v1.agency_service_pb2 import RegisterAgencyRequest
from lienthong_sdk import Lienthong
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from postgresql_local import Postgresql, PostgresqlLocalError

from tests.bench.installation import RECEIVER, SENDER, Reached, enrolled, running, send_request
from tests.e2e.spans import Collector, Span, collecting, edges_of, tree

REGISTER = "lienthong.identity.v1.AgencyService/RegisterAgency"
SEND = "lienthong.docexchange.v1.DocumentService/SendDocument"
REGISTERED = {
    ("caller", REGISTER),
    (REGISTER, "append identity"),
    (REGISTER, "publish lienthong.identity"),
    (REGISTER, "process identity (directory)"),
    (REGISTER, "process identity (views)"),
    ("process identity (views)", "fold agencies"),
    (REGISTER, "process lienthong.identity (directory)"),
}
SENT = {
    ("caller", SEND),
    (SEND, "append docexchange"),
    (SEND, "publish lienthong.docexchange"),
    (SEND, "process docexchange (views)"),
    ("process docexchange (views)", "fold inbox"),
    ("process docexchange (views)", "fold outbox"),
    (SEND, "push inbox"),
}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield collector


@contextmanager
def calling(*, sampled: bool = True) -> Iterator[str]:
    """Be a caller who has a span of its own; give its trace."""
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    span = SpanContext(secrets.randbits(128), secrets.randbits(64), is_remote=False, trace_flags=flags)
    with use_span(NonRecordingSpan(span)):
        yield f"{span.trace_id:032x}"


async def register(platform: Reached, code: str, *, sampled: bool = True) -> str:
    async with Lienthong(platform.addresses, Signer.from_file(platform.operator_key)) as operator:
        with calling(sampled=sampled) as trace:
            await operator.agencies.RegisterAgency(
                RegisterAgencyRequest(code=code, display_name=f"UBND {code}", request_id=str(uuid.uuid4()))
            )
    return trace


@asynccontextmanager
async def subscribed(receiver: Lienthong) -> AsyncIterator[asyncio.Task[Any]]:
    """Subscribe to the inbox from now on; give what waits for its first line."""
    answers: Any = aiter(receiver.mailbox.SubscribeInbox(SubscribeInboxRequest(from_now=True), timeout=100))
    await anext(answers)
    waiting = asyncio.create_task(_first_line(answers))
    try:
        yield waiting
    finally:
        answers.cancel()


async def _first_line(answers: Any) -> Any:
    async for answer in answers:
        if answer.items:
            return answer
    return None


async def traced(platform: Reached, collector: Collector) -> tuple[list[Span], list[Span]]:
    """Register and send, and return the spans of both."""
    signers = await enrolled(platform)
    registering = await register(platform, "H99")
    async with (
        Lienthong(platform.addresses, signers[SENDER]) as sender,
        Lienthong(platform.addresses, signers[RECEIVER]) as receiver,
        subscribed(receiver) as line,
    ):
        with calling() as sending:
            await sender.documents.SendDocument(send_request(1))
        await line
        sent = await asyncio.to_thread(collector.await_edges, sending, SENT)
    return await asyncio.to_thread(collector.await_edges, registering, REGISTERED), sent


def shown(spans: list[Span]) -> set[tuple[str, str]]:
    sys.stdout.write(f"\n{tree(spans)}\n")
    return edges_of(spans)


def service_of(spans: list[Span], name: str) -> set[str]:
    return {span.service for span in spans if str(span) == name}


def test_a_registration_and_a_document_are_each_one_trace_on_one_machine(tmp_path: Path, collector: Collector) -> None:
    with running(tmp_path / "data") as platform:
        registered, sent = asyncio.run(traced(platform, collector))
    assert shown(registered) >= REGISTERED
    assert shown(sent) >= SENT
    told = str([span.attributes for span in registered + sent])
    assert "UBND H99" not in told
    assert "V/v kết nối" not in told


@pytest.mark.timeout(300)
def test_a_registration_and_a_document_are_each_one_trace_through_kafka(tmp_path: Path, collector: Collector) -> None:
    async def play(database_url: str, bootstrap: str) -> tuple[list[Span], list[Span]]:
        async with Distributed(DistributedSettings(tmp_path, database_url, bootstrap)) as platform:
            return await traced(platform, collector)

    try:
        with Postgresql() as server, Kafka() as broker:
            registered, sent = asyncio.run(play(server.database("platform"), broker.bootstrap))
    except (PostgresqlLocalError, KafkaLocalError) as error:
        pytest.skip(str(error))
    assert shown(registered) >= REGISTERED
    assert shown(sent) >= SENT
    assert service_of(registered, REGISTER) == {"identity"}
    assert service_of(registered, "publish lienthong.identity") == {"identity"}
    assert service_of(registered, "process lienthong.identity (directory)") == {"docexchange"}


def test_who_does_not_sample_makes_no_spans(tmp_path: Path, collector: Collector) -> None:
    async def play(platform: Reached) -> tuple[str, str]:
        quiet = await register(platform, "H98", sampled=False)
        return quiet, await register(platform, "H99")

    with running(tmp_path / "data") as platform:
        quiet, loud = asyncio.run(play(platform))
        collector.await_edges(loud, REGISTERED)
    assert edges_of(collector.of(loud)) >= REGISTERED
    assert collector.of(quiet) == []
