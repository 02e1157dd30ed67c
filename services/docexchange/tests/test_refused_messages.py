"""edXML messages at fault: hostile ones, wrong ones, and those that their sender may not send."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from vietnam.edxml import DocumentCode, DocumentType, Promulgation
from vietnam.edxml import document_id as ids
from vietnam.edxml.namespaces import EDXML
from vietnam.enums import ProcessingStatus
from vietnam.time_zone import VIETNAM_TIME

from .installation import Installation
from .messages import attachment, message, recall, replacing, same, status, update
from .refusing import refused

Change = Callable[[bytes], bytes]
ARRIVED, ACCEPTED, TAKEN_BACK = ProcessingStatus.ARRIVED, ProcessingStatus.ACCEPTED, ProcessingStatus.TAKEN_BACK
CONTENT = "AttachmentEncoded.Attachment[0].ContentTransferEncoded"


def doctype(inside: bytes, use: bytes) -> Change:
    def change(data: bytes) -> bytes:
        with_dtd = data.replace(b"<edXML xmlns", b"<!DOCTYPE edXML [" + inside + b"]><edXML xmlns", 1)
        return with_dtd.replace(b"V/v", use, 1)

    return change


def replaced(old: bytes, new: bytes) -> Change:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


BOMB = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol") for n in range(10))


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        (lambda data: data.replace(EDXML.encode(), b"http://example.org/edxml"), "WRONG_NAMESPACE", ""),
        (doctype(b'<!ENTITY x SYSTEM "file:///etc/passwd">', b"&x;"), "DTD_FORBIDDEN", ""),
        (doctype(b'<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;', b""), "DTD_FORBIDDEN", ""),
        (doctype(BOMB, b"&e9;"), "DTD_FORBIDDEN", ""),
        (lambda data: data[: len(data) // 2], "NOT_WELL_FORMED", ""),
        (lambda data: data[:-1], "NOT_WELL_FORMED", ""),
        (lambda _: b"", "NOT_WELL_FORMED", ""),
        (lambda _: os.urandom(100_000), "NOT_WELL_FORMED", ""),
        (lambda data: data.decode().encode("utf-16"), "ENCODING_NOT_SUPPORTED", ""),
        (replaced(b'encoding="utf-8"', b'encoding="utf-7"'), "ENCODING_NOT_SUPPORTED", ""),
        (replaced(b"</ContentTransferEncoded>", b"!</ContentTransferEncoded>"), "BAD_BASE64", CONTENT),
        (replaced(b"</ContentTransferEncoded>", b"A</ContentTransferEncoded>"), "BAD_BASE64", CONTENT),
        (replaced(b"<ContentTransferEncoded>", b"<ContentTransferEncoded><x/>"), "UNEXPECTED_ELEMENT", CONTENT),
        (replaced(b"UBND-VX<", b"X" * 31 + b"<"), "TEXT_TOO_LONG", "MessageHeader.Code.CodeNotation"),
        (
            replaced(b">2026/02/27<", b">hom nay<"),
            "DATE_PATTERN",
            "MessageHeader.PromulgationInfo.PromulgationDate",
        ),
        (lambda data: data.replace(b"edXML>", b"edXLM>"), "NOT_WELL_FORMED", ""),
        (lambda data: data.replace(b"MessageHeader", b"MassageHeader"), "MESSAGE_KIND", "edXMLHeader"),
        (replaced(b">0</edXML:BussinessDocType>", b">9</edXML:BussinessDocType>"), "UNKNOWN_VALUE", ""),
        (
            lambda data: data.replace(b"cid:a-0", b"cid:a-9"),
            "REFERENCE_WITHOUT_ATTACHMENT",
            "edXMLManifest.Reference[0]",
        ),
    ],
)
async def test_a_message_that_is_hostile_or_wrong_is_refused(
    shared: Installation, change: Change, reason: str, field: str
) -> None:
    agency = await shared.agency()
    data = change(message(agency, agency, files=(b"noi dung",)))
    await refused(shared, agency.take(data), reason, field)


async def test_the_rules_of_qcvn_102_hold(shared: Installation) -> None:
    agency = await shared.agency()
    tomorrow = shared.clock().astimezone(VIETNAM_TIME).date() + timedelta(days=1)
    at = "MessageHeader.PromulgationInfo.PromulgationDate"
    dated = message(agency, agency, promulgation=Promulgation("Vinh", tomorrow), files=(b"x",))
    await refused(shared, agency.take(dated), "DATE_IN_FUTURE", at)
    twice = message(agency, agency, f"000.00.00.{agency.code}", files=(b"x",))
    await refused(shared, agency.take(twice), "RECIPIENT_DUPLICATE", "MessageHeader.To[1].OrganId")
    await refused(shared, agency.take(message(agency)), "RECIPIENT_MISSING", "MessageHeader.To")
    document = (await agency.take(message(agency, agency))).document
    no_reason = status(agency, document, ProcessingStatus.REFUSED)
    await refused(shared, agency.take(no_reason), "STATUS_REASON_REQUIRED", "Status.Description")
    strange = status(agency, document, ARRIVED).replace(b">01<", b">07<")
    await refused(shared, agency.take(strange), "UNKNOWN_STATUS", "Status.StatusCode")
    contradicts = message(agency, agency, document_id=ids.parse(document.code))
    await refused(shared, agency.take(contradicts), "DOCUMENT_ID_CONTRADICTS", "MessageHeader.DocumentId")


async def test_what_a_message_says_is_held_to_the_contract(shared: Installation) -> None:
    agency = await shared.agency()
    wrong = message(agency, agency, document_type=DocumentType(33, "?"), files=(b"x",))
    await refused(shared, agency.take(wrong), "REQUEST_INVALID", "type", "OUT_OF_RANGE")
    ambiguous = message(agency, agency, code=DocumentCode("1/2", "X"), files=(b"x",))
    await refused(shared, agency.take(ambiguous), "CODE_AMBIGUOUS", "content.number")


async def test_nothing_is_kept_of_the_files_of_a_document_that_is_refused(shared: Installation) -> None:
    agency, other = await shared.agency(), await shared.agency()
    file = os.urandom(400_000)
    await refused(shared, agency.take(message(agency, "Z98", files=(file,))), "AGENCY_UNKNOWN", "recipients[0]")
    document = (await agency.take(message(agency, agency))).document
    again = message(agency, agency, **same(document), files=(file,))
    await refused(shared, agency.take(again), "DOCUMENT_EXISTS", "content.number")
    known = ids.parse(document.code)
    foreign = message(other, other, files=(file,), business=update(known))
    await refused(shared, other.take(foreign), "DOCUMENT_UNKNOWN", "document")
    await refused(
        shared, other.take(message(other, other, files=(file,), business=replacing(known))), "DOCUMENT_UNKNOWN"
    )


async def test_a_message_speaks_for_its_sender_alone(shared: Installation) -> None:
    agency, other = await shared.agency(), await shared.agency()
    document = (await other.take(message(other, agency, other))).document
    at = ("SENDER_DIFFERS", "MessageHeader.From.OrganId")
    for data in (
        message(other, agency, files=(b"x",)),
        message(other, agency, **same(document), business=recall()),
        status(other, document, ARRIVED),
    ):
        await refused(shared, agency.take(data), *at)


async def test_a_successor_does_not_send_in_its_predecessor_s_name(shared: Installation) -> None:
    old, new = await shared.agency(), await shared.agency()
    document = (await old.take(message(old, old))).document
    act: dict[str, Any] = {"legal_basis": "NQ", "effective_date": {"year": 2025, "month": 7, "day": 1}}
    await shared.ask("MergeAgency", code=old.code, successor=new.code, **act)
    await refused(shared, new.take(message(old, new)), "SENDER_DIFFERS", "MessageHeader.From.OrganId")
    answer = await new.take(status(old, document, ARRIVED))
    assert [each.recipient for each in answer.document.deliveries] == [old.code]


async def test_a_message_needs_the_scope_for_what_it_does(shared: Installation) -> None:
    sending = await shared.agency(scopes=["documents.send"])
    receiving = await shared.system(sending.code, scopes=["documents.receive"])
    document = (await sending.take(message(sending, sending))).document
    for system, data, scope in (
        (receiving, message(sending, sending, files=(b"x",)), "documents.send"),
        (receiving, message(sending, sending, **same(document), business=recall()), "documents.send"),
        (receiving, status(sending, document, TAKEN_BACK), "documents.send"),
        (sending, status(sending, document, ARRIVED), "documents.receive"),
        (sending, status(sending, document, ProcessingStatus.CHANGE_AGREED), "documents.receive"),
    ):
        refusal = await refused(shared, system.take(data), "SCOPE_MISSING")
        assert refusal.metadata == {"scope": scope}


async def test_a_status_is_about_a_document_that_the_sender_of_the_status_received(shared: Installation) -> None:
    agency, other = await shared.agency(), await shared.agency()
    document = (await agency.take(message(agency, agency))).document
    code = document.code
    await refused(shared, other.take(status(other, document, ARRIVED)), "DOCUMENT_UNKNOWN", "document")
    unknown = status(agency, code.replace("UBND-VX", "KHAC"), ARRIVED)
    await refused(shared, agency.take(unknown), "DOCUMENT_UNKNOWN", "document")
    await refused(shared, agency.take(status(agency, document, ACCEPTED)), "STATUS_NOT_ALLOWED", "status")
    answer = status(agency, document, ProcessingStatus.CHANGE_AGREED)
    await refused(shared, agency.take(answer), "CHANGE_UNKNOWN", "Status.StatusCode")
    foreign = status(other, document, ProcessingStatus.CHANGE_REFUSED)
    await refused(shared, other.take(foreign), "DOCUMENT_UNKNOWN", "Status.ResponseFor.DocumentId")
    await refused(shared, other.take(status(other, document, TAKEN_BACK)), "DOCUMENT_UNKNOWN", "document")
    nameless = status(agency, document, ARRIVED).replace(f"<edXML:DocumentId>{code}</edXML:DocumentId>".encode(), b"")
    at = "Status.ResponseFor.DocumentId"
    await refused(shared, agency.take(nameless), "DOCUMENT_REFERENCE_MISSING", at)


async def test_a_damaged_archive_is_refused(shared: Installation) -> None:
    agency = await shared.agency()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "Toàn văn" * 100)
    damaged = bytearray(packed.getvalue())
    damaged[60] ^= 0xFF
    data = message(agency, agency, files=(bytes(damaged),), attachments=(attachment(bytes(damaged)),))
    await refused(shared, agency.take(data), "ZIP_CORRUPT")
