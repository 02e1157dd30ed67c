"""What holds for every request: codes and keys that are none, repetition, waiting, paging, commands at one moment."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from google.type.date_pb2 import Date
from grpckit.signing import Signer
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AUDITOR, SYSTEM_ROLE_OPERATOR
from lienthong.log.v1.record_pb2 import Position

ACT = {"legal_basis": "Nghị quyết 202/2025/QH15", "effective_date": Date(year=2025, month=7, day=1)}


@pytest.mark.parametrize("code", ["h41", "H4", "H41.", "H41.1A.1A.1A.1A", "Nghệ An"])
@pytest.mark.parametrize(
    ("rpc", "field", "others"),
    [
        ("GetAgency", "code", {}),
        ("RenameAgency", "code", {"display_name": "?"}),
        ("ListAgencies", "parent", {}),
        ("ListSystems", "agency", {}),
        ("MoveAgency", "parent", {"code": "F01"}),
        ("MergeAgency", "successor", {"code": "F01", **ACT}),
    ],
)
async def test_what_is_no_agency_code_is_refused_at_its_field(
    identity: Any, rpc: str, field: str, others: dict[str, Any], code: str
) -> None:
    fields: dict[str, Any] = {field: code, **others}
    refusal = await identity.refusal(rpc, **fields)
    assert (refusal.kind, refusal.reason) == (Kind.INVALID, "AGENCY_CODE_MALFORMED")
    assert [violation.field for violation in refusal.violations] == [field]
    assert refusal.en != refusal.vi


@pytest.mark.parametrize("key", [bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
async def test_what_is_no_public_key_is_not_enrolled(identity: Any, key: bytes) -> None:
    fields: dict[str, Any] = {"system": "g01", "display_name": "?", "role": SYSTEM_ROLE_AUDITOR, "public_key": key}
    assert (await identity.refusal("EnrolSystem", **fields)).reason == "PUBLIC_KEY_INVALID"
    rotation = await identity.refusal("RotateSystemKey", system="operator", public_key=key)
    assert rotation.reason == "PUBLIC_KEY_INVALID"


async def test_a_system_id_has_its_form(identity: Any) -> None:
    refusal = await identity.refusal("GetSystem", system="Hệ thống")
    assert (refusal.reason, refusal.violations[0].field) == ("REQUEST_INVALID", "system")


async def test_what_is_not_there_is_not_found(identity: Any) -> None:
    assert (await identity.refusal("GetAgency", code="Z99")).reason == "AGENCY_UNKNOWN"
    assert (await identity.refusal("GetSystem", system="nobody")).reason == "SYSTEM_UNKNOWN"


async def test_a_repeated_request_gets_its_first_answer_whatever_happened_since(identity: Any) -> None:
    await identity.register("G01")
    request_id = str(uuid.uuid4())
    first = await identity.call("RenameAgency", code="G01", display_name="Một", request_id=request_id)
    second = await identity.call("RenameAgency", code="G01", display_name="Hai")
    assert await identity.call("RenameAgency", code="G01", display_name="Một", request_id=request_id) == first
    found = await identity.call("GetAgency", code="G01", after=[second.position])
    assert found.agency.display_name == "Hai"


async def test_a_repeated_registration_and_enrolment_get_their_first_answer(identity: Any) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    signer, new = Signer.generate("g02-qlvb"), Signer.generate("g02-qlvb")
    registered = await identity.register("G02", request_id=ids[0])
    enrolled = await identity.enrol(signer, agency="G02", request_id=ids[1])
    await identity.call("RotateSystemKey", system="g02-qlvb", public_key=new.public_key)
    await identity.call("SuspendAgency", code="G02", reason="thử nghiệm")
    assert await identity.register("G02", request_id=ids[0]) == registered
    assert await identity.enrol(signer, agency="G02", request_id=ids[1]) == enrolled


async def test_a_request_id_stands_for_one_request(identity: Any) -> None:
    request_id = str(uuid.uuid4())
    await identity.register("G03", request_id=request_id)
    refusal = await identity.refusal("RegisterAgency", code="G04", display_name="?", request_id=request_id)
    assert (refusal.kind, refusal.reason) == (Kind.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_where_nothing_happened_the_answer_has_a_place_to_wait_for(identity: Any) -> None:
    registered = await identity.register("G05")
    resumed = await identity.call("ResumeAgency", code="G05")
    assert resumed.agency == registered.agency
    assert resumed.position.position >= registered.position.position
    await identity.call("GetAgency", code="G05", after=[resumed.position])


async def test_what_was_written_is_read_at_once_by_whoever_waits_for_it(identity: Any) -> None:
    for number in range(10, 30):
        registered = await identity.register(f"K{number}")
        signer = Signer.generate(f"k{number}-qlvb")
        enrolled = await identity.enrol(signer, agency=f"K{number}", after=[registered.position])
        after = [registered.position, enrolled.position]
        found = await identity.call("GetAgency", signer, code=f"K{number}", after=after)
        assert found.agency == registered.agency


async def test_places_that_the_log_does_not_have_are_refused(identity: Any) -> None:
    for position in (Position(log="identity", partition=9), Position(log="elsewhere")):
        refusal = await identity.refusal("ListAgencies", after=[position])
        assert refusal.reason == "POSITION_UNKNOWN"


async def test_pages_hold_every_agency_of_a_parent_once_and_in_order(identity: Any) -> None:
    await identity.register("L01")
    codes = [f"L01.{number}" for number in range(10, 17)]
    last = [await identity.register(code, parent="L01") for code in reversed(codes)]
    seen, token, after = [], "", [each.position for each in last]
    while True:
        page = await identity.call("ListAgencies", parent="000.00.00.L01", page_size=3, page_token=token, after=after)
        seen += [agency.code for agency in page.agencies]
        token, after = page.next_page_token, []
        if not token:
            break
    assert seen == codes


async def test_pages_hold_every_system_of_an_agency_once_and_in_order(identity: Any) -> None:
    await identity.register("L02")
    ids = [f"l02-{number}" for number in range(5)]
    after = [(await identity.enrol(Signer.generate(each), agency="L02")).position for each in ids]
    first = await identity.call("ListSystems", agency="L02", page_size=3, after=after)
    rest = await identity.call("ListSystems", agency="L02", page_size=3, page_token=first.next_page_token)
    assert [system.id for system in (*first.systems, *rest.systems)] == ids
    assert rest.next_page_token == ""


async def test_a_page_token_belongs_to_its_query(identity: Any) -> None:
    await identity.register("L03")
    after = [(await identity.register(f"L03.1{letter}", parent="L03")).position for letter in "AB"]
    token = (await identity.call("ListAgencies", parent="L03", page_size=1, after=after)).next_page_token
    assert (await identity.refusal("ListAgencies", page_token=token)).reason == "PAGE_TOKEN_FOREIGN"
    broken = await identity.refusal("ListAgencies", parent="L03", page_token=token[:-2])
    assert (broken.reason, broken.violations[0].field) == ("PAGE_TOKEN_MALFORMED", "page_token")


async def test_mergers_and_moves_at_one_moment_make_no_circle(identity: Any) -> None:
    for number in range(10, 18):
        await identity.register(f"M{number}")
    calls = []
    for one, other in (("M10", "M11"), ("M12", "M13")):
        calls += [identity.call("MergeAgency", code=a, successor=b, **ACT) for a, b in ((one, other), (other, one))]
    for one, other in (("M14", "M15"), ("M16", "M17")):
        calls += [identity.call("MoveAgency", code=a, parent=b) for a, b in ((one, other), (other, one))]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each.reason for each in outcomes if isinstance(each, Refusal)]
    assert sorted(refused) == ["PARENT_CYCLE"] * 2 + ["SUCCESSION_CYCLE"] * 2


async def test_two_operators_cannot_lock_each_other_out_at_one_moment(identity: Any) -> None:
    pair = [Signer.generate("n01-operator"), Signer.generate("n02-operator")]
    for signer in pair:
        await identity.enrol(signer, role=SYSTEM_ROLE_OPERATOR)
    await identity.call("SuspendSystem", pair[0], system="operator", reason="thử nghiệm")
    revocations = [
        identity.call("RevokeSystemKey", one, system=other.system, key_id=other.key_id, reason="thử nghiệm")
        for one, other in (pair, pair[::-1])
    ]
    outcomes = await asyncio.gather(*revocations, return_exceptions=True)
    refused = [each.reason for each in outcomes if isinstance(each, Refusal)]
    left = pair[0] if isinstance(outcomes[1], Refusal) else pair[1]
    assert refused in (["LAST_OPERATOR_KEY"], ["KEY_REVOKED"])
    await identity.call("ResumeSystem", left, system="operator")


async def test_the_operator_cannot_lock_itself_out(identity: Any) -> None:
    for system in identity.app.directory.systems():
        if system.role == SYSTEM_ROLE_OPERATOR and system.id != "operator" and system.active:
            await identity.call("SuspendSystem", system=system.id, reason="thử nghiệm")
    refusals = [
        await identity.refusal("SuspendSystem", system="operator", reason="?"),
        await identity.refusal("RevokeSystemKey", system="operator", key_id=identity.operator.key_id, reason="?"),
    ]
    assert [each.reason for each in refusals] == ["LAST_OPERATOR_KEY"] * 2
