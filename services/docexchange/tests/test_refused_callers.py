"""Who may not call: each is told why, and nothing of the call is kept."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest
from grpckit.signing import Signer
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AUDITOR

from .agency import METHODS, Agency, request_of
from .documents import content
from .installation import Installation
from .refusing import Raw, refused


async def test_a_suspended_agency_cannot_call(shared: Installation) -> None:
    agency = await shared.agency()
    await shared.ask("SuspendAgency", code=agency.code, reason="thử nghiệm")
    await refused(shared, agency.send(content(), agency), "AGENCY_SUSPENDED")


async def test_a_suspended_system_cannot_call_and_the_agency_s_other_one_can(shared: Installation) -> None:
    agency = await shared.agency()
    other = await shared.system(agency.code)
    await shared.ask("SuspendSystem", system=agency.signer.system, reason="thử nghiệm")
    await refused(shared, agency.send(content(), agency), "SYSTEM_SUSPENDED")
    await other.send(content(), other)


async def test_a_revoked_key_is_none(shared: Installation) -> None:
    agency = await shared.agency()
    await shared.ask("RevokeSystemKey", system=agency.signer.system, key_id=agency.signer.key_id, reason="lộ khóa")
    await refused(shared, agency.send(content(), agency), "KEY_REVOKED")


async def test_a_key_that_nobody_enrolled_is_none(shared: Installation) -> None:
    signer = Signer.generate("nobody")
    await refused(
        shared, Agency("X", signer, await shared.channel(signer)).document("0" * 8 + "-" + "a" * 26), "KEY_UNKNOWN"
    )


async def test_a_signature_of_other_bytes_is_wrong(shared: Installation) -> None:
    agency = await shared.agency()
    raw = Raw(shared, agency.signer)
    request = request_of("SendDocument", content=content(), recipients=[agency.code])
    signed = raw.metadata("SendDocument", request.SerializeToString())
    request.recipients.append("A01")
    await refused(shared, raw.call("SendDocument", request.SerializeToString(), signed), "SIGNATURE_WRONG")


async def test_a_call_without_a_signature_is_refused(shared: Installation) -> None:
    agency = await shared.agency()
    body = request_of("SendDocument", content=content(), recipients=[agency.code]).SerializeToString()
    await refused(shared, Raw(shared, agency.signer).call("SendDocument", body, [("x", "y")]), "SIGNATURE_MISSING")


@pytest.mark.parametrize("minutes", [-2, 2])
async def test_a_clock_that_is_off_is_told_so(shared: Installation, minutes: int) -> None:
    agency = await shared.agency()
    channel = await shared.channel(agency.signer, lambda: shared.clock() + timedelta(minutes=minutes))
    late = Agency(agency.code, agency.signer, channel)
    refusal = await refused(shared, late.send(content(), late), "CLOCK_OFF")
    assert abs(float(refusal.metadata["difference_seconds"]) - 60 * minutes) < 30


async def test_a_call_is_taken_once(shared: Installation) -> None:
    agency = await shared.agency()
    raw = Raw(shared, agency.signer)
    body = request_of("SendDocument", content=content(), recipients=[agency.code]).SerializeToString()
    signed = raw.metadata("SendDocument", body)
    await raw.call("SendDocument", body, signed)
    await refused(shared, raw.call("SendDocument", body, signed), "CALL_REPLAYED")


async def test_a_scope_that_was_not_enrolled_is_missing(shared: Installation) -> None:
    sending = await shared.agency(scopes=["documents.send"])
    receiving = await shared.system(sending.code, scopes=["documents.receive"])
    id_ = (await sending.send(content(), sending)).document.id
    for call in (
        sending.report(id_, d.STATUS_ARRIVED),
        sending.call("ListInbox"),
        receiving.send(content(), receiving),
        receiving.upload(b"x"),
        receiving.call("RecallDocument", document=id_, reason="?"),
    ):
        await refused(shared, call, "SCOPE_MISSING")


async def test_the_operator_and_auditors_are_no_party_of_documents(shared: Installation) -> None:
    auditor = Signer.generate("auditor-of-documents")
    enrolled = {"system": auditor.system, "public_key": auditor.public_key, "role": SYSTEM_ROLE_AUDITOR}
    await shared.ask("EnrolSystem", display_name="Kiểm toán", **enrolled)
    for signer in (shared.operator, auditor):
        caller = Agency("", signer, await shared.channel(signer))
        await refused(shared, caller.call("ListInbox"), "CALLER_NOT_ALLOWED")
        await refused(shared, caller.send(content(), shared.bystander), "CALLER_NOT_ALLOWED")


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"\x0a\xff", b"<xml/>"])
@pytest.mark.parametrize("rpc", ["SendDocument", "ReportStatus", "GetTrace"])
async def test_bytes_that_are_no_protobuf_are_refused(shared: Installation, rpc: str, body: bytes) -> None:
    agency = await shared.agency()
    refusal = await refused(shared, Raw(shared, agency.signer).call(rpc, body), "NOT_PROTOBUF")
    assert refusal.metadata == {"expected": METHODS[rpc].input_type.full_name}


async def test_a_message_above_the_limit_of_grpc_is_not_read(shared: Installation) -> None:
    agency = await shared.agency()
    before = shared.stored()
    request = request_of("SendDocument", content=content(summary="x" * 1_100_000), recipients=[agency.code])
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await Raw(shared, agency.signer).call("SendDocument", request.SerializeToString())
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert shared.stored() == before
    await shared.answers()
