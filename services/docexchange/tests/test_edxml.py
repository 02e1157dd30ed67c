"""edXML over gRPC: messages in, documents out."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from decider.refusal import Refusal
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code
from vietnam.edxml import DocumentMessage, MemorySink, ResponseFor, read
from vietnam.edxml import document_id as ids
from vietnam.enums import ProcessingStatus

from .documents import content
from .installation import Installation
from .messages import attachment, message, recall, replacing, same, status, update
from .test_consent import asked

WAY = [ProcessingStatus.ARRIVED, ProcessingStatus.ACCEPTED, ProcessingStatus.ASSIGNED, ProcessingStatus.IN_PROCESS]
AGREED, REFUSED = ProcessingStatus.CHANGE_AGREED, ProcessingStatus.CHANGE_REFUSED


async def test_a_new_document_comes_in_with_its_files(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    large = random.Random(3).randbytes(700_000)  # noqa: S311 - no secret
    data = message(sender, receiver, files=("Kính gửi".encode(), large, b""), due_date=date(2026, 3, 9))
    answer = await sender.take(data)
    said = answer.document.content
    assert answer.document.code.startswith(f"{sender.code},2026/02/27,")
    assert (said.subject, said.type, said.place, said.due_date.day) == ("V/v kết nối, liên thông", 18, "Nghệ An", 9)
    assert answer.signature.result == answer.document.edxml.signature.result == d.SIGNATURE_RESULT_ABSENT
    assert answer.document.edxml.size == len(data)
    box = await receiver.call("ListInbox", after=[answer.position])
    assert [each.document for each in box.items] == [answer.document.id]
    for file, expected in zip(said.attachments, ("Kính gửi".encode(), large, b""), strict=True):
        fields = {"document": answer.document.id, "sha256": file.sha256}
        assert await receiver.got("DownloadAttachment", **fields) == expected


async def test_statuses_come_in_one_after_the_other(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    document = (await sender.take(message(sender, receiver))).document
    for number, code in enumerate([*WAY, ProcessingStatus.COMPLETED], 1):
        answer = await receiver.take(status(receiver, document, code))
        expected = d.STATUS_ARRIVED if number == 1 else number + 1
        assert answer.document.deliveries[0].status == expected


async def test_status_02_brings_its_reason(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    document = (await sender.take(message(sender, receiver))).document
    await receiver.take(status(receiver, document, ProcessingStatus.ARRIVED))
    await receiver.take(status(receiver, document, ProcessingStatus.REFUSED, "Sai thẩm quyền"))
    copy = (await sender.document(document.id)).deliveries[0]
    assert (copy.status, copy.reason) == (d.STATUS_REFUSED, "Sai thẩm quyền")


@pytest.mark.parametrize("by_status", [True, False], ids=["status 13", "business type 1"])
async def test_a_recall_comes_in_and_is_answered_with_15_and_16(shared: Installation, *, by_status: bool) -> None:
    sender, agreeing, refusing = [await shared.agency() for _ in range(3)]
    document = (await sender.take(message(sender, agreeing, refusing))).document
    if by_status:
        await sender.take(status(sender, document, ProcessingStatus.TAKEN_BACK, "gửi nhầm"))
    else:
        await sender.take(message(sender, agreeing, refusing, **same(document), business=recall()))
    assert (await asked(agreeing, document.id)).reason == "gửi nhầm"
    await agreeing.take(status(agreeing, document, AGREED))
    await refusing.take(status(refusing, document, REFUSED, "đã xử lý"))
    copies = (await sender.document(document.id)).deliveries
    assert [each.status for each in copies] == [d.STATUS_TAKEN_BACK, d.STATUS_UNSPECIFIED]


async def test_a_recall_may_name_its_document_in_its_business_part(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    document = (await sender.take(message(sender, receiver))).document
    await sender.take(message(sender, receiver, business=recall(document=ids.parse(document.code))))
    assert (await asked(receiver, document.id)).kind == d.CHANGE_KIND_RECALL


async def test_an_update_comes_in_with_new_files_and_receivers(shared: Installation) -> None:
    sender, staying, leaving, added = [await shared.agency() for _ in range(4)]
    document = (await sender.take(message(sender, staying, leaving, files=(b"ban dau",)))).document
    business = update(ids.parse(document.code), (added,), (leaving,))
    changed = message(sender, staying, **same(document), files=(b"ban sua",), subject="Đính chính", business=business)
    answer = await sender.take(changed)
    assert (answer.document.revision, answer.document.content.subject) == (2, "Đính chính")
    kinds = [[one.kind for one in each.pending] for each in answer.document.deliveries]
    assert kinds == [[d.CHANGE_KIND_UPDATE], [d.CHANGE_KIND_RECALL], []]
    sha256 = answer.document.content.attachments[0].sha256
    assert await added.got("DownloadAttachment", document=document.id, sha256=sha256) == b"ban sua"
    await staying.take(status(staying, document, AGREED))
    assert (await staying.document(document.id)).deliveries[0].revision == 2


async def test_a_replacement_comes_in_and_the_old_document_s_receivers_are_asked(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    old = (await sender.take(message(sender, one, other))).document
    new = (await sender.take(message(sender, one, business=replacing(ids.parse(old.code), one)))).document
    assert list(new.replaces) == [old.id]
    await shared.settled()
    assert (await asked(one, old.id)).replacement == new.id
    assert not (await other.document(old.id)).deliveries[0].pending
    await one.take(status(one, old, AGREED))
    assert (await sender.document(old.id)).deliveries[0].status == d.STATUS_REPLACED


async def test_the_same_message_again_gets_the_first_answer_also_when_it_answers_a_change(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    data, request = message(sender, receiver, files=(b"mot lan",)), "5b0f3b39-94a5-4cf1-8d57-0a8d1c7a1a01"
    first = await sender.take(data, request_id=request)
    assert (await sender.take(data, request_id=request)) == first
    await sender.take(status(sender, first.document, ProcessingStatus.TAKEN_BACK, "1"))
    yes, again = status(receiver, first.document, REFUSED), "5b0f3b39-94a5-4cf1-8d57-0a8d1c7a1a02"
    answered = await receiver.take(yes, request_id=again)
    await sender.take(status(sender, first.document, ProcessingStatus.TAKEN_BACK, "2"))
    assert (await receiver.take(yes, request_id=again)) == answered
    assert len((await receiver.document(first.document.id)).deliveries[0].pending) == 1


async def test_a_file_that_was_zipped_alone_is_unzipped(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cong-van.txt", "Toàn văn" * 1000)
    declared = attachment(packed.getvalue(), "goi.zip", "a-1")
    files = (packed.getvalue(), packed.getvalue())
    both = (replace(attachment(files[0]), content_id="a-0"), declared)
    document = (await sender.take(message(sender, receiver, files=files, attachments=both))).document
    plain, kept = document.content.attachments
    text = await receiver.got("DownloadAttachment", document=document.id, sha256=plain.sha256)
    assert text.decode() == "Toàn văn" * 1000
    assert plain.size == len(text)
    assert await receiver.got("DownloadAttachment", document=document.id, sha256=kept.sha256) == files[1]


async def test_dates_of_legacy_systems_are_read(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    data = message(sender, receiver, due_date=date(2026, 3, 9))
    data = data.replace(b">2026/02/27<", b">27/02/2026 10:00:00<").replace(b">2026/03/09<", b">09/03/2026<")
    said = (await sender.take(data)).document
    assert said.code.split(",")[1] == "2026/02/27"
    assert (said.content.due_date.day, said.content.due_date.month) == (9, 3)
    report = status(receiver, said, ProcessingStatus.ARRIVED).replace(b"2026/03/01 08:30:00", b"01/03/2026 08:30")
    assert (await receiver.take(report)).document.deliveries[0].status == d.STATUS_ARRIVED


async def test_a_reply_that_names_no_id_is_tied_to_its_document_by_code_and_date(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    first = (await sender.take(message(sender, receiver))).document
    known = ids.parse(first.code)
    about = ResponseFor(agency_code.parse(sender.code), f"{known.number}/{known.notation}", known.promulgated)
    reply = await receiver.take(message(receiver, sender, response_for=(about,)))
    assert [each.code for each in reply.document.content.response_for] == [first.code]


async def test_a_document_goes_out_as_a_message_and_comes_in_elsewhere_as_the_same(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    file = await sender.upload(random.Random(5).randbytes(400_000))  # noqa: S311
    twice = d.Attachment(sha256=file.sha256, size=file.size, name="ban-sao.bin")
    answered = d.Reference(code=f"{one.code},2026/01/05,1/TTr-UBND")
    said = content(
        place="Hà Nội",
        type=18,
        type_name="Công văn",
        summary="Tóm tắt",
        priority=d.PRIORITY_EXPRESS_TIMED,
        steering=d.STEERING_DIRECTS,
        signatory=d.Signatory(competence="KT. BỘ TRƯỞNG", office="THỨ TRƯỞNG", full_name="Nguyễn Văn A"),
        attachments=[file, twice],
        response_for=[answered],
        to_places=["Như trên", "Lưu: VT"],
        appendixes=["Phụ lục I"],
        copies=3,
        pages=2,
        sphere="Y tế",
        typist="NVA",
    )
    document = (await sender.send(said, one, other)).document
    whole = await sender.got("ExportMessage", document=document.id)
    mine = await one.got("ExportMessage", document=document.id)
    assert f">{other.code}<".encode() in whole
    assert f">{other.code}<".encode() not in mine  # a receiver is not told who else got it
    reading = read([mine], MemorySink(), today=date(2026, 3, 1))
    assert isinstance(reading, DocumentMessage)
    assert str(reading.document_id) == document.code
    assert reading.sender.name == f"Cơ quan {sender.code}"
    elsewhere = mine.replace(f">{sender.code}<".encode(), f">{other.code}<".encode())
    elsewhere = elsewhere.replace(document.code.encode(), document.code.replace(sender.code, other.code, 1).encode())
    again = (await other.take(elsewhere)).document
    assert again.sender == other.code
    assert again.content == said


async def test_what_edxml_cannot_carry_stays_readable_but_is_not_written(shared: Installation) -> None:
    sender = await shared.agency()
    document = (await sender.send(content(subject="chuông \x07", copies=2_000_000_000), sender)).document
    with pytest.raises(Refusal) as caught:
        await sender.got("ExportMessage", document=document.id)
    assert caught.value.reason == "EDXML_NOT_WRITABLE"
    assert {each.field for each in caught.value.violations} == {
        "MessageHeader.Subject",
        "MessageHeader.OtherInfo.PromulgationAmount",
    }
    assert (await sender.document(document.id)).content.subject == "chuông \x07"


async def test_only_parties_get_a_document_as_a_message(shared: Installation) -> None:
    sender, rogue = await shared.agency(), await shared.agency()
    document = (await sender.send(content(), sender)).document
    with pytest.raises(Refusal) as caught:
        await rogue.got("ExportMessage", document=document.id)
    assert caught.value.reason == "DOCUMENT_UNKNOWN"
