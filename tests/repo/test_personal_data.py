"""Personal data: where the contract carries it, and that refusals and logs do not."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

import pytest
from decider.refusal import Refusal
from embedded.platform import Platform, PlatformSettings
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from grpckit.client import connect
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer
from lienthong.docexchange.v1 import document_pb2
from lienthong.identity.v1 import agency_service_pb2, agency_service_pb2_grpc

PERSONAL = re.compile(r"(full_name|e_?mail|phone|mobile|staff|birth|citizen|passport|home)", re.IGNORECASE)
SECRET = "Nguyễn Thị Bí Mật 0912345678"  # noqa: S105 - not a password: a person's data that must not be told on


def messages() -> list[Descriptor]:
    pool = descriptor_pool.Default()
    files = {
        pool.FindFileContainingSymbol(name) for name in ("lienthong.log.v1.Record", "lienthong.identity.v1.Agency")
    }
    files.add(document_pb2.DESCRIPTOR)
    return [message for file in files for message in file.message_types_by_name.values()]


def _redacted(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().debug_redact)


def test_every_field_that_names_a_person_is_marked_in_the_contract() -> None:
    unmarked = [
        field.full_name
        for message in messages()
        for field in message.fields
        if PERSONAL.search(field.name) and field.type == FieldDescriptor.TYPE_STRING and not _redacted(field)
    ]
    assert not unmarked


def test_refusals_and_logs_do_not_repeat_what_was_sent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = asyncio.run(_refused(tmp_path))
    assert told
    assert SECRET not in told
    assert SECRET not in caplog.text


async def _refused(folder: Path) -> str:
    async with Platform(PlatformSettings(folder, port_base=0, drain=0.2)) as platform:
        signer = Signer.from_file(platform.operator_key)
        async with connect(platform.addresses["identity"], signer, retries=NO_RETRIES) as channel:
            request = agency_service_pb2.RegisterAgencyRequest(
                code=SECRET, display_name=SECRET, parent=SECRET, request_id=SECRET
            )
            try:
                await agency_service_pb2_grpc.AgencyServiceStub(channel).RegisterAgency(request)
            except Refusal as refusal:
                texts = [refusal.reason, refusal.en, refusal.vi, repr(refusal.violations), repr(refusal.metadata)]
                return " ".join(texts) + repr(refusal.__cause__)
    return ""
