"""What the operator and the agencies' systems do, from the first start on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.type.date_pb2 import Date
from grpckit.signing import Signer
from lienthong.identity.v1.agency_pb2 import AGENCY_STATE_ACTIVE, AGENCY_STATE_SUCCEEDED, AGENCY_STATE_SUSPENDED
from lienthong.identity.v1.system_pb2 import SYSTEM_STATE_ACTIVE, SYSTEM_STATE_SUSPENDED

ACT = {"legal_basis": "Nghị quyết 202/2025/QH15", "effective_date": Date(year=2025, month=7, day=1)}


async def test_an_agency_is_registered_renamed_moved_suspended_and_resumed(identity: Any) -> None:
    await identity.register("A01")
    await identity.register("A02")
    registered = await identity.register("000.00.1A.A01", parent="A01")
    assert (registered.agency.code, registered.agency.parent) == ("A01.1A", "A01")
    assert registered.position.log == "identity"
    renamed = await identity.call("RenameAgency", code="A01.1A", display_name="Sở Nội vụ")
    moved = await identity.call("MoveAgency", code="A01.1A", parent="A02")
    suspended = await identity.call("SuspendAgency", code="A01.1A", reason="thử nghiệm")
    resumed = await identity.call("ResumeAgency", code="000.00.1A.A01")
    assert renamed.agency.display_name == resumed.agency.display_name == "Sở Nội vụ"
    assert moved.agency.parent == resumed.agency.parent == "A02"
    assert (suspended.agency.state, resumed.agency.state) == (AGENCY_STATE_SUSPENDED, AGENCY_STATE_ACTIVE)
    found = await identity.call("GetAgency", code="A01.1A", after=[resumed.position])
    assert found.agency == resumed.agency


async def test_merged_agencies_name_their_successor_and_it_names_them_all(identity: Any) -> None:
    for code in ("B01", "B02", "B03"):
        await identity.register(code)
    await identity.register("B01.1A", parent="B01")
    first = await identity.call("MergeAgency", code="B01", successor="000.00.00.B02", **ACT)
    second = await identity.call("MergeAgency", code="B02", successor="B03", **ACT)
    assert (first.agency.state, first.agency.successor) == (AGENCY_STATE_SUCCEEDED, "B02")
    assert list(second.agency.predecessors) == ["B01"]
    after = [first.position, second.position]
    successor = (await identity.call("GetAgency", code="B03", after=after)).agency
    assert list(successor.predecessors) == ["B01", "B02"]
    child = (await identity.call("GetAgency", code="B01.1A", after=after)).agency
    assert (child.parent, child.state) == ("B01", AGENCY_STATE_ACTIVE)
    holder = identity.app.directory.holder("B01")
    assert holder is not None
    assert holder.code == "B03"


async def test_a_system_is_enrolled_rotates_with_an_overlap_and_its_old_key_is_revoked(identity: Any) -> None:
    old, new = Signer.generate("c01-qlvb"), Signer.generate("c01-qlvb")
    await identity.register("C01")
    enrolled = await identity.enrol(old, agency="C01", scopes=["documents.send"])
    assert (enrolled.system.keys[0].id, enrolled.system.scopes) == (old.key_id, ["documents.send"])
    overlap = Duration(seconds=60)
    rotated = await identity.call("RotateSystemKey", old, system="c01-qlvb", public_key=new.public_key, overlap=overlap)
    ending, lasting = rotated.system.keys
    assert ending.valid_until.ToDatetime() - lasting.enrolled_at.ToDatetime() <= timedelta(seconds=60)
    assert not lasting.HasField("valid_until")
    for signer in (old, new):
        await identity.call("GetAgency", signer, code="C01")
    revoked = await identity.call(
        "RevokeSystemKey", new, system="c01-qlvb", key_id=old.key_id, reason="máy trạm bị mất"
    )
    assert (await identity.refusal("GetAgency", old, code="C01")).reason == "KEY_REVOKED"
    found = await identity.call("GetSystem", new, system="c01-qlvb", after=[revoked.position])
    assert found.system == revoked.system
    assert [key.revocation_reason for key in found.system.keys] == ["máy trạm bị mất", ""]


async def test_without_an_overlap_the_old_key_ends_at_once(identity: Any) -> None:
    old, new = Signer.generate("c02-qlvb"), Signer.generate("c02-qlvb")
    await identity.register("C02")
    await identity.enrol(old, agency="C02")
    await identity.call("RotateSystemKey", old, system="c02-qlvb", public_key=new.public_key)
    assert (await identity.refusal("GetAgency", old, code="C02")).reason == "KEY_EXPIRED"
    await identity.call("GetAgency", new, code="C02")


async def test_a_suspended_system_or_agency_cannot_call_until_it_is_resumed(identity: Any) -> None:
    signer = Signer.generate("d01-qlvb")
    await identity.register("D01")
    await identity.enrol(signer, agency="D01")
    suspended = await identity.call("SuspendSystem", system="d01-qlvb", reason="thử nghiệm")
    assert suspended.system.state == SYSTEM_STATE_SUSPENDED
    assert (await identity.refusal("GetAgency", signer, code="D01")).reason == "SYSTEM_SUSPENDED"
    resumed = await identity.call("ResumeSystem", system="d01-qlvb")
    assert resumed.system.state == SYSTEM_STATE_ACTIVE
    await identity.call("SuspendAgency", code="D01", reason="thử nghiệm")
    assert (await identity.refusal("GetAgency", signer, code="D01")).reason == "AGENCY_SUSPENDED"
    await identity.call("ResumeAgency", code="D01")
    await identity.call("GetAgency", signer, code="D01")


async def test_the_log_tells_an_auditor_the_whole_story_of_an_agency(identity: Any) -> None:
    await identity.register("E01")
    await identity.call("RenameAgency", code="E01", display_name="Tên mới")
    stream = await identity.call("ReadStream", stream="agency-E01")
    heads = await identity.call("ListHeads")
    assert len(stream.records) == 2
    assert (heads.log, len(heads.heads)) == ("identity", 4)
    tails = [await identity.call("TailPartition", partition=head.partition) for head in heads.heads]
    told = {record for answers in tails for answer in answers for record in answer.records}
    assert set(stream.records) <= told
