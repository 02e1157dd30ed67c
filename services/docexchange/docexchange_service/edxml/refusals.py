"""Why an edXML message is not taken."""

from __future__ import annotations

from decider.refusal import Kind, Refusal, Violation
from vietnam.errors import VietnamError


def of(error: VietnamError) -> Refusal:
    """Return the refusal for a message that cannot be read, with all that is wrong with it."""
    violations = [Violation(v.field, str(v.reason), v.message_en, v.message_vi) for v in error.violations]
    return Refusal(Kind.INVALID, str(error.reason), en=error.message_en, vi=error.message_vi, violations=violations)


def not_writable(error: VietnamError) -> Refusal:
    """Refuse to write a document that edXML cannot carry."""
    violations = [Violation(v.field, str(v.reason), v.message_en, v.message_vi) for v in error.violations]
    return Refusal(
        Kind.NOT_NOW,
        "EDXML_NOT_WRITABLE",
        en="The document says something that edXML cannot carry; the violations say what. Read it with GetDocument.",
        vi="Văn bản có nội dung mà edXML không thể hiện được; xem chi tiết vi phạm. Hãy dùng GetDocument để đọc.",
        violations=violations,
    )


def foreign_sender() -> Refusal:
    """Refuse a message in another agency's name."""
    return Refusal(
        Kind.FORBIDDEN,
        "SENDER_DIFFERS",
        field="MessageHeader.From.OrganId",
        en="The message names another agency as its sender than the one whose system calls. Send your own only.",
        vi="Thông điệp ghi nơi gửi khác với cơ quan của hệ thống đang gọi. Chỉ được gửi thông điệp của cơ quan mình.",
    )


def scope_missing(scope: str) -> Refusal:
    """Refuse a message that does what the system may not do."""
    return Refusal(
        Kind.FORBIDDEN,
        "SCOPE_MISSING",
        en=f"This message needs the scope {scope}, which the system was not enrolled with. Ask the operator.",
        vi=f"Thông điệp này cần quyền {scope} mà hệ thống chưa được cấp. Hãy liên hệ đơn vị vận hành.",
        metadata={"scope": scope},
    )


def reference_missing(field: str) -> Refusal:
    """Refuse a message that does not say which document it is about."""
    return Refusal(
        Kind.INVALID,
        "DOCUMENT_REFERENCE_MISSING",
        field=field,
        en="The message must name the document it is about by its DocumentId.",
        vi="Thông điệp phải nêu văn bản liên quan bằng DocumentId.",
    )


def nothing_pending() -> Refusal:
    """Refuse an answer (15, 16) when nothing waits for one."""
    return Refusal(
        Kind.NOT_NOW,
        "CHANGE_UNKNOWN",
        field="Status.StatusCode",
        en="No change of this document waits for your answer.",
        vi="Không có yêu cầu nào về văn bản này đang chờ trả lời.",
    )
