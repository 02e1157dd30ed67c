"""A document's way over real gRPC: sent, received, worked on, answered, counted."""

from __future__ import annotations

import uuid

import pytest
from decider.refusal import Refusal
from google.type.date_pb2 import Date
from grpckit.client import connect
from grpckit.signing import Signer
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.identity.v1 import agency_service_pb2 as a
from lienthong.identity.v1 import agency_service_pb2_grpc as a_rpc
from lienthong.identity.v1 import system_service_pb2 as s
from lienthong.identity.v1 import system_service_pb2_grpc as s_rpc
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from vietnam.time_zone import VIETNAM_TIME

from .agency import Agency, request_of, stub_of
from .documents import content
from .installation import SCOPES, Installation

DONE = [d.STATUS_ARRIVED, d.STATUS_ACCEPTED, d.STATUS_ASSIGNED, d.STATUS_IN_PROCESS, d.STATUS_COMPLETED]


def today(shared: Installation) -> Date:
    day = shared.clock().astimezone(VIETNAM_TIME).date()
    return Date(year=day.year, month=day.month, day=day.day)


async def test_a_document_is_sent_received_worked_on_and_completed(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    said = content(due_date=Date(year=2026, month=3, day=5), priority=d.PRIORITY_URGENT)
    answer = await sender.send(said, receiver)
    document = answer.document
    assert document.code == f"{sender.code},2026/02/27,{said.number}/VPCP-TTĐT"
    assert (document.sender, document.content, document.revision) == (sender.code, said, 1)
    box = await receiver.call("ListInbox", after=[answer.position])
    assert [(each.document, each.recipient, each.status) for each in box.items] == [
        (document.id, receiver.code, d.STATUS_UNSPECIFIED)
    ]
    assert (box.items[0].due_date, box.items[0].priority) == (said.due_date, d.PRIORITY_URGENT)
    for status in DONE:
        reported = await receiver.report(document.id, status)
        assert reported.document.deliveries[0].status == status
    sent = await sender.call("ListOutbox", after=[reported.position])
    assert [(each.deliveries, each.accepted, each.completed, each.refused) for each in sent.items] == [(1, 1, 1, 0)]
    assert (await receiver.call("ListInbox", statuses=[d.STATUS_COMPLETED])).items[0].document == document.id
    assert not (await receiver.call("ListInbox", statuses=[d.STATUS_ARRIVED, d.STATUS_REFUSED])).items


async def test_a_receiver_refuses_with_a_reason_that_the_sender_reads(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    id_ = (await sender.send(content(), receiver)).document.id
    await receiver.report(id_, d.STATUS_ARRIVED)
    with pytest.raises(Refusal) as caught:
        await receiver.report(id_, d.STATUS_REFUSED)
    assert (caught.value.reason, caught.value.violations[0].field) == ("REASON_MISSING", "reason")
    refused = await receiver.report(id_, d.STATUS_REFUSED, reason="Không thuộc thẩm quyền")
    copy = (await sender.document(id_)).deliveries[0]
    assert (copy.status, copy.reason) == (d.STATUS_REFUSED, "Không thuộc thẩm quyền")
    assert (await sender.call("ListOutbox", after=[refused.position])).items[0].refused == 1


async def test_the_sender_sees_every_copy_and_a_receiver_its_own(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), one, other)).document.id
    assert [each.recipient for each in (await sender.document(id_)).deliveries] == [one.code, other.code]
    assert [each.recipient for each in (await one.document(id_)).deliveries] == [one.code]
    assert [each.recipient for each in (await one.report(id_, d.STATUS_ARRIVED)).document.deliveries] == [one.code]


async def test_a_receiver_s_trace_tells_nothing_of_other_receivers(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), one, other)).document.id
    await other.report(id_, d.STATUS_ARRIVED)
    await other.report(id_, d.STATUS_REFUSED, reason="lý do riêng của nơi kia")
    last = await sender.call("RecallDocument", document=id_, recipients=[one.code], reason="gửi nhầm")
    whole = (await sender.call("GetTrace", document=id_, after=[last.position])).entries
    assert [each.event.rpartition(".")[2] for each in whole] == [
        "DocumentSent",
        "DeliveryStatusReported",
        "DeliveryStatusReported",
        "RecallRequested",
    ]
    assert [each.recipient for each in whole] == ["", other.code, other.code, one.code]
    assert [each.agency for each in whole] == [sender.code, other.code, other.code, sender.code]
    mine = (await one.call("GetTrace", document=id_)).entries
    assert [each.event.rpartition(".")[2] for each in mine] == ["DocumentSent", "RecallRequested"]
    assert other.code not in str(mine)
    assert "nơi kia" not in str(mine)
    theirs = (await other.call("GetTrace", document=id_)).entries
    assert one.code not in str(theirs)


async def test_of_a_recall_for_several_a_receiver_reads_its_own_part_only(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), one, other)).document.id
    last = await sender.call("RecallDocument", document=id_, reason="gửi nhầm")
    assert (await one.call("GetTrace", document=id_, after=[last.position])).entries[1].recipient == one.code
    assert (await sender.call("GetTrace", document=id_)).entries[1].recipient == ""


async def test_replies_make_a_thread_that_each_sees_as_far_as_it_is_a_party(shared: Installation) -> None:
    ministry, province, stranger = [await shared.agency() for _ in range(3)]
    first = (await ministry.send(content(subject="Đề nghị báo cáo"), province)).document
    reply = content(response_for=[d.Reference(code=first.code)])
    second = (await province.send(reply, ministry)).document
    aside = content(response_for=[d.Reference(code=second.code)])
    third = await ministry.send(aside, stranger)
    await shared.settled()
    for reader, expected in [(ministry, [first, second, third.document]), (province, [first, second])]:
        thread = (await reader.call("GetThread", document=first.id, after=[third.position])).items
        assert [each.document for each in thread] == [each.id for each in expected]
        assert list(thread[1].response_for) == [first.id]
    alone = (await stranger.call("GetThread", document=third.document.id)).items
    assert [(each.document, list(each.response_for)) for each in alone] == [(third.document.id, [])]


async def test_a_reply_may_name_what_it_answers_by_the_old_form_of_the_agency_code(shared: Installation) -> None:
    ministry, province = await shared.agency(), await shared.agency()
    first = (await ministry.send(content(), province)).document
    old = first.code.replace(ministry.code, f"000.00.00.{ministry.code}", 1)
    reply = await province.send(content(response_for=[d.Reference(code=old)]), ministry)
    await shared.settled()
    thread = (await ministry.call("GetThread", document=first.id, after=[reply.position])).items
    assert [each.document for each in thread] == [first.id, reply.document.id]


async def test_a_thread_that_runs_in_a_circle_ends(shared: Installation) -> None:
    agency = await shared.agency()
    first = (await agency.send(content(), agency)).document
    second = (await agency.send(content(response_for=[d.Reference(code=first.code)]), agency)).document
    first.content.response_for.extend([d.Reference(code=second.code), d.Reference(code=first.code)])
    first.content.subject = "Đính chính"
    last = await agency.call("UpdateDocument", document=first.id, content=first.content, reason="bổ sung căn cứ")
    await shared.settled()
    thread = (await agency.call("GetThread", document=second.id, after=[last.position])).items
    assert [(each.document, sorted(each.response_for)) for each in thread] == [
        (first.id, sorted([first.id, second.id])),
        (second.id, [first.id]),
    ]
    assert thread[0].subject == "Đính chính"


async def test_who_is_added_later_sees_the_thread_and_who_gave_its_copy_back_does_not(shared: Installation) -> None:
    sender, leaving, added = [await shared.agency() for _ in range(3)]
    document = (await sender.send(content(), leaving)).document
    last = await sender.call(
        "UpdateDocument",
        document=document.id,
        content=document.content,
        added=[added.code],
        removed=[leaving.code],
        reason="gửi nhầm nơi nhận",
    )
    thread = (await added.call("GetThread", document=document.id, after=[last.position])).items
    assert [each.document for each in thread] == [document.id]
    change = (await leaving.document(document.id)).deliveries[0].pending[0].id
    answer = {"document": document.id, "change": change, "answer": 1}
    last = await leaving.call("AnswerChange", **answer)
    await shared.settled()
    with pytest.raises(Refusal) as caught:
        await leaving.call("GetThread", document=document.id)
    assert caught.value.reason == "DOCUMENT_UNKNOWN"
    reply = content(response_for=[d.Reference(code=document.code)])
    own = await leaving.send(reply, sender, after=[last.position])
    seen = (await leaving.call("GetThread", document=own.document.id, after=[own.position])).items
    assert [each.document for each in seen] == [own.document.id]


async def test_documents_are_counted_by_agency_and_day(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    ids = [(await sender.send(content(), receiver)).document.id for _ in range(3)]
    await receiver.report(ids[0], *DONE)
    await receiver.report(ids[1], d.STATUS_ARRIVED)
    last = await receiver.report(ids[1], d.STATUS_REFUSED, reason="trùng")
    await shared.settled()
    days = {"from_date": today(shared), "to_date": today(shared), "after": [last.position]}
    received = (await receiver.call("CountByDay", **days)).counts
    assert [(each.sent, each.received, each.accepted, each.refused, each.completed) for each in received] == [
        (0, 3, 1, 1, 1)
    ]
    sent = (await sender.call("CountByDay", **days, agency=f"000.00.00.{sender.code}")).counts
    assert [(each.agency, each.sent, each.received, each.date) for each in sent] == [(sender.code, 3, 0, today(shared))]
    with pytest.raises(Refusal) as caught:
        await sender.call("CountByDay", **days, agency=receiver.code)
    assert caught.value.reason == "DOCUMENT_UNKNOWN"
    operator = Agency("", shared.operator, await shared.channel(shared.operator))
    counted = (await operator.call("CountByDay", **days, page_size=1000)).counts
    assert {sender.code, receiver.code} <= {each.agency for each in counted}
    long_ago = Date(year=2020, month=1, day=1)
    assert not (await sender.call("CountByDay", from_date=long_ago, to_date=long_ago)).counts


async def test_every_page_is_given_once_in_order(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    sent = [await sender.send(content(), receiver) for _ in range(7)]
    newest_first = [each.document.id for each in reversed(sent)]
    for who, rpc in [(receiver, "ListInbox"), (sender, "ListOutbox")]:
        seen, token, after = [], "", [each.position for each in sent]
        while True:
            page = await who.call(rpc, page_size=3, page_token=token, after=after)
            seen += [each.document for each in page.items]
            token = page.next_page_token
            if not token:
                break
        assert seen == newest_first


async def test_registering_enrolling_and_sending_never_race(shared: Installation) -> None:
    """Nothing is waited for here but by the positions in `after`."""
    signer = Signer.generate("y01-qlvb")
    async with connect(shared.identity.address, shared.operator) as channel:
        registered = await a_rpc.AgencyServiceStub(channel).RegisterAgency(
            a.RegisterAgencyRequest(code="Y01", display_name="Cơ quan mới", request_id=str(uuid.uuid4()))
        )
        enrolled = await s_rpc.SystemServiceStub(channel).EnrolSystem(
            s.EnrolSystemRequest(
                system=signer.system,
                agency="Y01",
                display_name="x",
                role=SYSTEM_ROLE_AGENCY,
                scopes=SCOPES,
                public_key=signer.public_key,
                request_id=str(uuid.uuid4()),
                after=[registered.position],
            )
        )
    request = request_of("SendDocument", content=content(), recipients=["Y01"], after=[enrolled.position])
    answer = await stub_of(await shared.channel(signer), "SendDocument")(request)
    assert answer.document.sender == "Y01"
