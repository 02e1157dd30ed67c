"""edXML messages that must be refused: each is a good message with one thing wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vietnam import agency_code, edxml
from vietnam.edxml.dates import format_date
from vietnam.edxml.namespaces import EDXML
from vietnam.enums import ProcessingStatus
from vietnam.time_zone import VIETNAM_TIME

from tour import contents
from tour.plan import File

if TYPE_CHECKING:
    from datetime import date, datetime

SENDER: Final = "G22"
_RECIPIENT: Final = "G12"
_FOREIGN: Final = "G18"
_XXE: Final = b'<!DOCTYPE edXML [<!ENTITY file SYSTEM "file:///etc/hostname">]>'
_BOMB: Final = b'<!DOCTYPE edXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@dataclass(frozen=True)
class Bad:
    """A message that must be refused with `reason`, at `field` where it names one."""

    name: str
    reason: str
    field: str
    spoil: Callable[[bytes, date], bytes]
    status: bool = False  # spoils a status message, not a document


def good(number: str, today: date) -> bytes:
    """Return a document's message with nothing wrong."""
    file = File(seed=len(number), size=2000, name="van-ban.pdf")
    measured = contents.measure(contents.chunks(file))
    attachment = edxml.Attachment(contents.MEDIA_TYPE, "tep-0", "", file.name, measured.sha256, measured.size)
    message = edxml.DocumentMessage(
        sender=edxml.Organization(agency_code.parse(SENDER), name="Văn phòng Chính phủ"),
        recipients=(edxml.Organization(agency_code.parse(_RECIPIENT), name="Bộ Tài chính"),),
        code=edxml.DocumentCode(number, "VPCP-KSTT"),
        promulgation=edxml.Promulgation("Hà Nội", today),
        document_type=edxml.DocumentType(18, "Công văn"),
        subject="Về việc cải cách thủ tục hành chính",
        attachments=(attachment,),
    )
    return b"".join(edxml.write(message, [(attachment, contents.chunks(file))]))


def good_status(now: datetime) -> bytes:
    """Return a status message with nothing wrong but that nobody sent its document."""
    local = now.astimezone(VIETNAM_TIME)
    document = edxml.DocumentId(agency_code.parse(_RECIPIENT), local.date(), "1", "BTC-VP")
    message = edxml.StatusMessage(
        response_for=edxml.ResponseFor(document.organ_id, "1/BTC-VP", document.promulgated, document),
        sender=edxml.Organization(agency_code.parse(SENDER)),
        status=ProcessingStatus.ARRIVED,
        description="",
        timestamp=local,
    )
    return b"".join(edxml.write(message))


def _swap(old: str, new: str) -> Callable[[bytes, date], bytes]:
    """Return what puts `new` in the place of `old`, which must be there."""

    def spoil(message: bytes, _today: date) -> bytes:
        if old.encode() not in message:
            raise LookupError(old)
        return message.replace(old.encode(), new.encode())

    return spoil


def _declared(declaration: bytes, entity: str) -> Callable[[bytes, date], bytes]:
    """Return what declares a document type, and refers to its entity in the subject."""

    def spoil(message: bytes, _today: date) -> bytes:
        start = message.index(b"<edXML ")
        used = message[start:].replace(b"Subject>", f"Subject>&{entity};".encode(), 1)
        return message[:start] + declaration + used

    return spoil


def _tomorrow(message: bytes, today: date) -> bytes:
    return message.replace(format_date(today).encode(), format_date(today + timedelta(days=2)).encode())


def _without_recipient(message: bytes, _today: date) -> bytes:
    return re.sub(rb"<edXML:To>.*?</edXML:To>", b"", message, flags=re.DOTALL)


_HEADER: Final = "MessageHeader"
_SUBJECT: Final = "Về việc cải cách thủ tục hành chính"
_AGAIN: Final = "<edXML:To><edXML:OrganId>000.00.00.G12</edXML:OrganId></edXML:To>"

BAD: Final[tuple[Bad, ...]] = (
    Bad("wrong namespace", "WRONG_NAMESPACE", "", _swap(EDXML, "http://example.org/edxml")),
    Bad("external entity (XXE)", "DTD_FORBIDDEN", "", _declared(_XXE, "file")),
    Bad("entity bomb", "DTD_FORBIDDEN", "", _declared(_BOMB, "c")),
    Bad("truncated message", "NOT_WELL_FORMED", "", lambda message, _today: message[: len(message) // 2]),
    Bad("another encoding", "ENCODING_NOT_SUPPORTED", "", lambda message, _today: message.decode().encode("utf-16")),
    Bad(
        "bad base64",
        "BAD_BASE64",
        "AttachmentEncoded.Attachment[0].ContentTransferEncoded",
        _swap("<ContentTransferEncoded>", "<ContentTransferEncoded>*"),
    ),
    Bad("empty To", "RECIPIENT_MISSING", f"{_HEADER}.To", _without_recipient),
    Bad(
        "recipient named twice, once by its old code",
        "RECIPIENT_DUPLICATE",
        f"{_HEADER}.To[1].OrganId",
        _swap("</edXML:To>", f"</edXML:To>{_AGAIN}"),
    ),
    Bad("recipient without a code", "AGENCY_CODE_PATTERN", f"{_HEADER}.To[0].OrganId", _swap(">G12<", ">BOTAICHINH<")),
    Bad("unknown agency", "AGENCY_UNKNOWN", "recipients[0]", _swap(">G12<", ">G99<")),
    Bad("future date", "DATE_IN_FUTURE", f"{_HEADER}.PromulgationInfo.PromulgationDate", _tomorrow),
    Bad("notation of 31 characters", "TEXT_TOO_LONG", f"{_HEADER}.Code.CodeNotation", _swap("VPCP-KSTT", "K" * 31)),
    Bad("empty subject", "REQUIRED", f"{_HEADER}.Subject", _swap(_SUBJECT, "")),
    Bad("subject of 501 characters", "TEXT_TOO_LONG", f"{_HEADER}.Subject", _swap(_SUBJECT, "ệ" * 501)),
    Bad("foreign sender", "SENDER_DIFFERS", f"{_HEADER}.From.OrganId", _swap(f">{SENDER}<", f">{_FOREIGN}<")),
    Bad("unknown status", "UNKNOWN_STATUS", "Status.StatusCode", _swap(">01<", ">99<"), status=True),
    Bad("refused without a reason", "STATUS_REASON_REQUIRED", "Status.Description", _swap(">01<", ">02<"), status=True),
)
