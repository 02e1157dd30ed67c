"""The rules a message must obey as a whole (QCVN 102:2016/BTTTT; QĐ 28/2018/QĐ-TTg)."""

from collections.abc import Iterable, Iterator
from datetime import date

from ..enums import BusinessType
from ..errors import Violation, violation
from ..reasons import Reason
from .fields import field_violations, text_violations
from .message import Attachment, DocumentMessage, Message, StatusMessage


def validate(message: Message, *, today: date) -> tuple[Violation, ...]:
    """Return everything that is wrong with a message, nothing where it may be sent.

    `today` is the day in Vietnam: a promulgation date after it is refused.
    """
    if isinstance(message, StatusMessage):
        return (*message_fields(message), *_status_rules(message))
    return (*message_fields(message), *_document_rules(message, today))


def message_fields(message: Message) -> Iterator[Violation]:
    """Yield what is wrong with single fields: what can be told without knowing the day."""
    if isinstance(message, StatusMessage):
        yield from field_violations(message, "Status")
        return
    yield from field_violations(message, "MessageHeader")
    yield from text_violations(message.trace_id, "TraceHeaderList.id", 200)
    for index, trace in enumerate(message.trace):
        yield from field_violations(trace, f"TraceHeaderList.TraceHeader[{index}]")
    yield from field_violations(message.business, "TraceHeaderList.Bussiness")
    for index, attachment in enumerate(message.attachments):
        yield from field_violations(attachment, f"AttachmentEncoded.Attachment[{index}]")


def _status_rules(message: StatusMessage) -> Iterator[Violation]:
    if message.status.needs_reason and not message.description:
        yield violation("Status.Description", Reason.STATUS_REASON_REQUIRED)


def _document_rules(message: DocumentMessage, today: date) -> Iterator[Violation]:
    if not message.recipients:
        yield violation("MessageHeader.To", Reason.RECIPIENT_MISSING)
    for index in _repeats(recipient.organ_id for recipient in message.recipients):
        yield violation(f"MessageHeader.To[{index}].OrganId", Reason.RECIPIENT_DUPLICATE)
    if message.promulgation.promulgated > today:
        yield violation("MessageHeader.PromulgationInfo.PromulgationDate", Reason.DATE_IN_FUTURE)
    yield from _identity_rule(message)
    yield from _business_rules(message)
    yield from _attachment_rules(message.attachments)


def _identity_rule(message: DocumentMessage) -> Iterator[Violation]:
    """Yield where the id in the message is not the one that sender, date and code make."""
    given, made = message.document_id, message.identity()
    if given is None:
        return
    pairs = (
        ("From.OrganId", given.organ_id, made.organ_id),
        ("PromulgationInfo.PromulgationDate", given.promulgated, made.promulgated),
        ("Code", (given.number, given.notation), (made.number, made.notation)),
    )
    for other, stated, expected in pairs:
        if stated != expected:
            yield violation("MessageHeader.DocumentId", Reason.DOCUMENT_ID_CONTRADICTS, other=other)


def _business_rules(message: DocumentMessage) -> Iterator[Violation]:
    business, path = message.business, "TraceHeaderList.Bussiness"
    if business.kind is BusinessType.UPDATE:
        if business.document_id is None:
            yield violation(f"{path}.DocumentId", Reason.REQUIRED)
        if business.update is None:
            yield violation(f"{path}.BussinessDocumentInfo", Reason.REQUIRED)
    if business.kind is BusinessType.REPLACE and not business.replacements:
        yield violation(f"{path}.ReplacementInfoList", Reason.REQUIRED)


def _attachment_rules(attachments: tuple[Attachment, ...]) -> Iterator[Violation]:
    for index in _repeats(attachment.content_id for attachment in attachments):
        yield violation(f"AttachmentEncoded.Attachment[{index}].ContentId", Reason.ATTACHMENT_DUPLICATE)


def _repeats(values: Iterable[object]) -> Iterator[int]:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)
