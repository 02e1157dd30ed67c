"""What must be true of a document's content and recipients before it is sent; pure, all faults at once.

Sources: QCVN 102:2016/BTTTT (dates, codes, recipients); lengths stand in the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from decider.refusal import Violation
from google.type import date_pb2
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code
from vietnam.edxml import document_id
from vietnam.edxml.document_id import DocumentId
from vietnam.errors import VietnamError

from docexchange_service import document_refusals as refuse

_NONE: Final[Mapping[bytes, int]] = MappingProxyType({})


class Standing(Enum):
    """What the directory says of an agency."""

    UNKNOWN = auto()
    ACTIVE = auto()
    SUSPENDED = auto()


def promulgated(content: d.Content) -> date:
    """Return the promulgation date; refuse one that is no day."""
    day = _date_or_none(content.promulgation_date)
    if day is None:
        raise refuse.invalid(_bad_date("content.promulgation_date"))
    return day


def faults_of(
    content: d.Content, stored: Mapping[bytes, int], today: date, *, own: Mapping[bytes, int] = _NONE
) -> list[Violation]:
    """Return what is wrong with a content.

    `stored` has the sizes of what the sender has uploaded, `own` of what the document had before.
    """
    return [*_codes(content), *_dates(content, today), *_attachments(content, {**own, **stored})]


def code_of(sender: str, content: d.Content, day: date) -> str:
    """Return a document's code: "G22,2018/09/20,7816/VPCP-TTĐT"."""
    return str(DocumentId(agency_code.parse(sender), day, content.number, content.notation))


def current(code: str) -> str:
    """Return an agency code in its current form; what is none stays as it is, and names nobody."""
    try:
        return str(agency_code.parse(code))
    except VietnamError:
        return code


def recipients(
    field: str, codes: Sequence[str], standing: Callable[[str], Standing]
) -> tuple[list[str], list[Violation]]:
    """Return agency codes in their current form, and what is wrong: who cannot receive, and repeats."""
    found: dict[str, None] = {}
    faults: list[Violation] = []
    for index, text in enumerate(codes):
        at = f"{field}[{index}]"
        try:
            code = str(agency_code.parse(text))
        except VietnamError as error:
            faults.append(Violation(at, str(error.reason), error.message_en, error.message_vi))
            continue
        fault = _repeated(at) if code in found else _standing_fault(at, standing(code))
        if fault:
            faults.append(fault)
        found[code] = None
    return list(found), faults


def refuse_if(faults: Sequence[Violation]) -> None:
    """Refuse all faults at once."""
    if faults:
        raise refuse.invalid(*faults)


def _repeated(at: str) -> Violation:
    return Violation(
        at,
        "RECIPIENT_REPEATED",
        "This agency is named before, perhaps by its code in the other form. Name each once.",
        "Cơ quan này đã được nêu ở trên, có thể bằng mã ở dạng khác. Mỗi cơ quan chỉ nêu một lần.",
    )


def _standing_fault(at: str, standing: Standing) -> Violation | None:
    match standing:
        case Standing.UNKNOWN:
            return Violation(
                at,
                "AGENCY_UNKNOWN",
                "No agency has this code. Check it in the directory.",
                "Không có cơ quan nào mang mã này. Hãy tra lại danh bạ.",
            )
        case Standing.SUSPENDED:
            return Violation(
                at,
                "AGENCY_SUSPENDED",
                "This agency is suspended and receives nothing now. Leave it out, or send later.",
                "Cơ quan này đang tạm ngừng, hiện không nhận văn bản. Hãy bỏ khỏi danh sách hoặc gửi sau.",
            )
    return None


def _codes(content: d.Content) -> list[Violation]:
    """Return where codes could not be read back: of the document itself, and of those it answers."""
    faults = []
    said = (content.number, content.notation)
    if tuple(part.strip() for part in said) != said or "/" in content.number:
        faults.append(
            Violation(
                "content.number",
                "CODE_AMBIGUOUS",
                "The number must hold no slash, and neither number nor notation may begin or end with white space.",
                "Số không được chứa dấu gạch chéo; số và ký hiệu không được bắt đầu hoặc kết thúc bằng khoảng trắng.",
            )
        )
    for index, each in enumerate(content.response_for):
        try:
            document_id.parse(each.code)
        except VietnamError as error:
            at = f"content.response_for[{index}].code"
            faults.append(Violation(at, str(error.reason), error.message_en, error.message_vi))
    return faults


def _dates(content: d.Content, today: date) -> list[Violation]:
    faults = []
    if promulgated(content) > today:
        faults.append(
            Violation(
                "content.promulgation_date",
                "DATE_IN_FUTURE",
                f"The promulgation date is after today, {today:%Y-%m-%d} in Vietnam. Correct it, or send on that day.",
                f"Ngày ban hành sau ngày hôm nay ({today:%d/%m/%Y}). Hãy sửa lại, hoặc gửi vào ngày đó.",
            )
        )
    if content.HasField("due_date") and _date_or_none(content.due_date) is None:
        faults.append(_bad_date("content.due_date"))
    return faults


def _bad_date(at: str) -> Violation:
    return Violation(
        at,
        "DATE_INVALID",
        "This is no day of the calendar. Give year, month and day.",
        "Ngày không hợp lệ. Hãy ghi đủ năm, tháng, ngày.",
    )


def _attachments(content: d.Content, stored: Mapping[bytes, int]) -> list[Violation]:
    faults = []
    for index, each in enumerate(content.attachments):
        if each.sha256 not in stored:
            faults.append(
                Violation(
                    f"content.attachments[{index}].sha256",
                    "ATTACHMENT_UNKNOWN",
                    "Your agency has not uploaded this file. Upload it with UploadAttachment first.",
                    "Cơ quan của bạn chưa tải tệp này lên. Hãy tải lên bằng UploadAttachment trước.",
                )
            )
        elif stored[each.sha256] != each.size:
            faults.append(
                Violation(
                    f"content.attachments[{index}].size",
                    "ATTACHMENT_SIZE_DIFFERS",
                    f"The file uploaded has {stored[each.sha256]} bytes. Give its size.",
                    f"Tệp đã tải lên có {stored[each.sha256]} byte. Hãy ghi đúng kích thước.",
                )
            )
    return faults


def _date_or_none(value: date_pb2.Date) -> date | None:
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        return None
