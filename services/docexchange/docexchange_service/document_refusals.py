"""Why a command on a document is not granted: each with its stable reason and the remedy."""

from __future__ import annotations

from collections.abc import Iterable

from decider.refusal import Kind, Refusal, Violation
from lienthong.docexchange.v1 import document_pb2 as d


def exists(code: str) -> Refusal:
    """Refuse a code that was used before."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "DOCUMENT_EXISTS",
        field="content.number",
        en="A document with this code was sent before. Update or replace it, or give this one a number of its own.",
        vi="Văn bản có mã định danh này đã được gửi. Hãy cập nhật hoặc thay thế, hoặc cấp số khác cho văn bản này.",
        metadata={"code": code},
    )


def unknown(field: str = "document") -> Refusal:
    """Refuse a document that does not exist, or not for this caller: the two cannot be told apart."""
    return Refusal(
        Kind.NOT_FOUND,
        "DOCUMENT_UNKNOWN",
        field=field,
        en="There is no such document for your agency. Check its id; only the sender and the receivers see it.",
        vi="Cơ quan của bạn không có văn bản này. Hãy kiểm tra mã; chỉ nơi gửi và nơi nhận mới thấy văn bản.",
    )


def reason_missing() -> Refusal:
    """Refuse a refusal without a reason (QCVN 102, status 02)."""
    return Refusal(
        Kind.INVALID,
        "REASON_MISSING",
        field="reason",
        en="Say why the document is refused; its sender has to know what to mend.",
        vi="Hãy nêu lý do từ chối tiếp nhận để nơi gửi biết cần sửa gì.",
    )


def not_reportable(status: d.Status.ValueType) -> Refusal:
    """Refuse to report a status that only an answer to a change brings."""
    return Refusal(
        Kind.INVALID,
        "STATUS_NOT_REPORTABLE",
        field="status",
        en=f"{d.Status.Name(status)} follows from an answer to the sender's change. Use AnswerChange.",
        vi="Trạng thái này chỉ có khi trả lời yêu cầu của nơi gửi. Hãy dùng AnswerChange.",
    )


def not_allowed(
    present: d.Status.ValueType, wanted: d.Status.ValueType, allowed: Iterable[d.Status.ValueType]
) -> Refusal:
    """Refuse a transition that QCVN 102 does not have, and name those it has."""
    names = [d.Status.Name(status) for status in sorted(allowed)]
    may = ", ".join(names) or "none"
    return Refusal(
        Kind.NOT_NOW,
        "STATUS_NOT_ALLOWED",
        field="status",
        en=f"{_name(wanted)} cannot follow {_name(present)}. Allowed now: {may}.",
        vi=f"Không thể chuyển từ {_name(present)} sang {_name(wanted)}. Hiện được phép: "
        f"{', '.join(names) or 'không có'}.",
        metadata={"present": d.Status.Name(present), "allowed": ",".join(names)},
    )


def not_a_recipient(field: str) -> Refusal:
    """Refuse an agency that the document was not sent to."""
    return Refusal(
        Kind.INVALID,
        "NOT_A_RECIPIENT",
        field=field,
        en="The document was not sent to this agency. Name only its recipients.",
        vi="Văn bản không gửi tới cơ quan này. Chỉ nêu các nơi nhận của văn bản.",
    )


def already_a_recipient(field: str) -> Refusal:
    """Refuse to add an agency twice."""
    return Refusal(
        Kind.INVALID,
        "ALREADY_A_RECIPIENT",
        field=field,
        en="The document was already sent to this agency. Leave it out.",
        vi="Văn bản đã gửi tới cơ quan này. Hãy bỏ cơ quan này khỏi danh sách.",
    )


def copy_gone(recipient: str, status: d.Status.ValueType) -> Refusal:
    """Refuse to ask a receiver who holds no copy any more."""
    return Refusal(
        Kind.NOT_NOW,
        "COPY_GONE",
        field="recipients",
        en=f"{recipient} holds no copy any more ({d.Status.Name(status)}). Leave it out.",
        vi=f"{recipient} không còn giữ văn bản ({d.Status.Name(status)}). Hãy bỏ cơ quan này khỏi danh sách.",
        metadata={"recipient": recipient},
    )


def change_pending(recipient: str) -> Refusal:
    """Refuse a change while an earlier one waits for an answer."""
    return Refusal(
        Kind.NOT_NOW,
        "CHANGE_PENDING",
        en=f"{recipient} has not answered an earlier change yet. Wait for the answer.",
        vi=f"{recipient} chưa trả lời yêu cầu trước. Hãy chờ trả lời.",
        metadata={"recipient": recipient},
    )


def nobody_to_ask() -> Refusal:
    """Refuse a recall when no receiver holds a copy."""
    return Refusal(
        Kind.NOT_NOW,
        "NOBODY_TO_ASK",
        en="No receiver holds a copy any more; there is nothing to take back.",
        vi="Không còn nơi nhận nào giữ văn bản; không có gì để lấy lại.",
    )


def replaced_twice(field: str) -> Refusal:
    """Refuse to replace a document twice by the same one."""
    return Refusal(
        Kind.INVALID,
        "REPLACED_TWICE",
        field=field,
        en="This document is named before. Name it once, with all its recipients.",
        vi="Văn bản này đã được nêu ở trên. Chỉ nêu một lần, kèm tất cả nơi nhận.",
    )


def change_unknown() -> Refusal:
    """Refuse to answer a change that nobody asked for, or that was answered otherwise."""
    return Refusal(
        Kind.NOT_NOW,
        "CHANGE_UNKNOWN",
        field="change",
        en="No such change waits for your answer. Read the document for those that do.",
        vi="Không có yêu cầu nào như vậy đang chờ trả lời. Hãy xem lại văn bản.",
    )


def code_changed() -> Refusal:
    """Refuse an update that gives the document another code."""
    return Refusal(
        Kind.INVALID,
        "CODE_CHANGED",
        field="content.number",
        en="An update keeps number, notation and promulgation date. Send another document with ReplaceDocument.",
        vi="Cập nhật phải giữ nguyên số, ký hiệu và ngày ban hành. Hãy dùng ReplaceDocument để gửi văn bản khác.",
    )


def invalid(*violations: Violation) -> Refusal:
    """Refuse a content or recipients at fault, all faults at once."""
    first = violations[0]
    return Refusal(Kind.INVALID, first.reason, en=first.en, vi=first.vi, violations=violations)


def _name(status: d.Status.ValueType) -> str:
    return "(on its way)" if status == d.STATUS_UNSPECIFIED else d.Status.Name(status)
