"""Messages against the rules are refused with every violation, in two languages."""

from dataclasses import replace
from datetime import date

import pytest
from vietnam.agency_code import AgencyCode
from vietnam.edxml import (
    Business,
    DiscardSink,
    DocumentCode,
    DocumentId,
    DocumentMessage,
    Message,
    Organization,
    Promulgation,
    StatusMessage,
    read,
    validate,
    write,
)
from vietnam.enums import BusinessType, ProcessingStatus
from vietnam.errors import InvalidMessageError
from vietnam.reasons import Reason

from .messages import CONTENT, TODAY, attachment, days_later, document, sample, status, written

HEADER = "MessageHeader"


def _found(message: Message) -> set[tuple[str, Reason]]:
    return {(problem.field, problem.reason) for problem in validate(message, today=TODAY)}


def _refused(data: bytes) -> set[tuple[str, Reason]]:
    with pytest.raises(InvalidMessageError) as refusal:
        read([data], DiscardSink(), today=TODAY)
    return {(problem.field, problem.reason) for problem in refusal.value.violations}


@pytest.mark.parametrize(
    ("message", "field", "reason"),
    [
        (document(recipients=()), f"{HEADER}.To", Reason.RECIPIENT_MISSING),
        (
            document(recipients=(Organization(AgencyCode("H41")),) * 2),
            f"{HEADER}.To[1].OrganId",
            Reason.RECIPIENT_DUPLICATE,
        ),
        (document(subject=""), f"{HEADER}.Subject", Reason.REQUIRED),
        (document(subject="x" * 501), f"{HEADER}.Subject", Reason.TEXT_TOO_LONG),
        (document(subject="a\x00b"), f"{HEADER}.Subject", Reason.CHARACTER_NOT_ALLOWED),
        (
            document(code=DocumentCode("1", "N" * 31), document_id=None),
            f"{HEADER}.Code.CodeNotation",
            Reason.TEXT_TOO_LONG,
        ),
        (document(code=DocumentCode("", "VP"), document_id=None), f"{HEADER}.Code.CodeNumber", Reason.REQUIRED),
        (
            document(promulgation=Promulgation("Hà Nội", days_later(1)), document_id=None),
            f"{HEADER}.PromulgationInfo.PromulgationDate",
            Reason.DATE_IN_FUTURE,
        ),
        (
            document(sender=Organization(AgencyCode("not a code")), document_id=None),
            f"{HEADER}.From.OrganId",
            Reason.AGENCY_CODE_CHARACTER,
        ),
        (document(to_places=("x", "y" * 151)), f"{HEADER}.ToPlaces.Place[1]", Reason.TEXT_TOO_LONG),
        (
            document(document_id=DocumentId(AgencyCode("G22"), date(2026, 2, 26), "7816", "VPCP-TTĐT")),
            f"{HEADER}.DocumentId",
            Reason.DOCUMENT_ID_CONTRADICTS,
        ),
        (
            document(business=Business(BusinessType.UPDATE)),
            "TraceHeaderList.Bussiness.BussinessDocumentInfo",
            Reason.REQUIRED,
        ),
        (
            document(business=Business(BusinessType.REPLACE)),
            "TraceHeaderList.Bussiness.ReplacementInfoList",
            Reason.REQUIRED,
        ),
        (
            document(attachments=(attachment(CONTENT), attachment(b"other"))),
            "AttachmentEncoded.Attachment[1].ContentId",
            Reason.ATTACHMENT_DUPLICATE,
        ),
        (
            document(attachments=(attachment(CONTENT, name="n" * 201),)),
            "AttachmentEncoded.Attachment[0].AttachmentName",
            Reason.TEXT_TOO_LONG,
        ),
        (status(status=ProcessingStatus.REFUSED), "Status.Description", Reason.STATUS_REASON_REQUIRED),
    ],
)
def test_each_rule_names_the_field_and_the_reason(message: Message, field: str, reason: Reason) -> None:
    assert (field, reason) in _found(message)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (b">2026/02/27<", b">2026/02/30<", f"{HEADER}.PromulgationInfo.PromulgationDate", Reason.DATE_PATTERN),
        (b">2026/02/27<", b"><", f"{HEADER}.PromulgationInfo.PromulgationDate", Reason.REQUIRED),
        (b">H41<", b">H41,G22<", f"{HEADER}.To[0].OrganId", Reason.AGENCY_CODE_CHARACTER),
        (b">H41<", b"><", f"{HEADER}.To[0].OrganId", Reason.REQUIRED),
        (b"Priority>0", b"Priority>9", f"{HEADER}.OtherInfo.Priority", Reason.UNKNOWN_VALUE),
        (b"Priority>0", b"Priority>high", f"{HEADER}.OtherInfo.Priority", Reason.NUMBER_PATTERN),
        (b"DocumentId>G22,", b"DocumentId>G22;", f"{HEADER}.DocumentId", Reason.DOCUMENT_ID_PATTERN),
        (b"DocumentId>G22,", b"DocumentId>G23,", f"{HEADER}.DocumentId", Reason.DOCUMENT_ID_CONTRADICTS),
        (b"<edXML:Subject>", b"<edXML:Subject><edXML:b/>", f"{HEADER}.Subject", Reason.UNEXPECTED_ELEMENT),
        (b"<edXML:Subject>", b"<edXML:Subject/><edXML:Subject>", f"{HEADER}.Subject", Reason.DUPLICATE_ELEMENT),
        (b"cid:a-1", b"cid:b-2", "edXMLManifest.Reference[0]", Reason.REFERENCE_WITHOUT_ATTACHMENT),
        (b"cid:a-1", b"cid:b-2", "AttachmentEncoded.Attachment[0]", Reason.ATTACHMENT_WITHOUT_REFERENCE),
        (b"ContentTransferEncoded", b"Else", "AttachmentEncoded.Attachment[0]", Reason.ATTACHMENT_WITHOUT_CONTENT),
        (b"edXML:MessageHeader", b"edXML:Other", "edXMLHeader", Reason.MESSAGE_KIND),
    ],
)
def test_reading_refuses_with_the_field_and_the_reason(old: bytes, new: bytes, field: str, reason: Reason) -> None:
    assert old in sample()
    assert (field, reason) in _refused(sample().replace(old, new))


def test_two_references_to_one_attachment_are_refused() -> None:
    start, rest = sample().split(b"<edXML:Reference", 1)
    reference, end = rest.split(b"</edXML:edXMLManifest>")
    doubled = start + (b"<edXML:Reference" + reference) * 2 + b"</edXML:edXMLManifest>" + end
    assert _refused(doubled) == {("edXMLManifest.Reference[1]", Reason.REFERENCE_DUPLICATE)}


def test_an_unknown_status_is_refused() -> None:
    data = written(status()).replace(b"StatusCode>03", b"StatusCode>07")
    assert _refused(data) == {("Status.StatusCode", Reason.UNKNOWN_STATUS)}


def test_all_violations_come_at_once_and_placeholders_cause_none() -> None:
    data = sample().replace(b">2026/02/27<", b">soon<").replace(b">H41<", b">h41<")
    data = data.replace(b"CodeNumber>7816", b"CodeNumber>781678167816")
    assert _refused(data) == {
        (f"{HEADER}.PromulgationInfo.PromulgationDate", Reason.DATE_PATTERN),
        (f"{HEADER}.To[0].OrganId", Reason.AGENCY_CODE_CHARACTER),
        (f"{HEADER}.Code.CodeNumber", Reason.TEXT_TOO_LONG),
    }


def test_a_violation_speaks_both_languages_and_repeats_no_content() -> None:
    with pytest.raises(InvalidMessageError) as refusal:
        read([sample().replace(b">H41<", b">secret<")], DiscardSink(), today=TODAY)
    error = refusal.value
    assert error.reason is Reason.AGENCY_CODE_CHARACTER
    assert error.message_en
    assert error.message_vi
    assert "secret" not in f"{error!s}{error!r}{error.violations}"


@pytest.mark.parametrize("message", [document(subject="x" * 501), status(description="a\x0bb")])
def test_the_writer_refuses_what_peers_would_refuse(message: DocumentMessage | StatusMessage) -> None:
    with pytest.raises(InvalidMessageError):
        written(message, CONTENT)


def test_the_writer_refuses_a_content_that_is_not_the_one_described() -> None:
    with pytest.raises(InvalidMessageError) as refusal:
        written(document(), b"other")
    assert refusal.value.reason is Reason.ATTACHMENT_CHANGED


@pytest.mark.parametrize("extra", [0, 2])
def test_the_writer_wants_one_content_an_attachment(extra: int) -> None:
    message = document()
    with pytest.raises(InvalidMessageError) as refusal:
        list(write(message, [(message.attachments[0], [CONTENT])] * extra))
    assert refusal.value.reason is Reason.ATTACHMENT_WITHOUT_CONTENT


def test_a_status_without_a_zone_in_its_time_is_refused() -> None:
    naive = replace(status(), timestamp=status().timestamp.replace(tzinfo=None))
    assert _found(naive) == {("Status.Timestamp", Reason.TIME_WITHOUT_ZONE)}
