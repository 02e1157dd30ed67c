"""An official document between agencies (văn bản điện tử), and each receiver's copy of it.

    sent ─┬─ each copy:  (on its way) → 01 arrived → 02 refused | 03 accepted
          │              03 → 04 assigned | 05 in process | 06 completed      04 → 05 | 06      05 → 06
          └─ changes, each answered by each receiver (15 agrees, 16 refuses):
               recall       agreed: the copy is taken back
               update       agreed: the copy is of the new revision
               replacement  agreed: the copy is replaced by another document

A document's id follows from its code, and its stream from its id: what has been sent once cannot be sent again.
Sources: QCVN 102:2016/BTTTT as amended in 2022 (codes, statuses, business types), QĐ 28/2018/QĐ-TTg (use).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from decider.decider import Decider
from google.protobuf.timestamp_pb2 import Timestamp
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e

from docexchange_service import document_refusals as refuse

if TYPE_CHECKING:
    from datetime import date

    from google.protobuf.message import Message

NEXT: Final[Mapping[d.Status.ValueType, frozenset[d.Status.ValueType]]] = MappingProxyType(
    {
        d.STATUS_UNSPECIFIED: frozenset({d.STATUS_ARRIVED}),
        d.STATUS_ARRIVED: frozenset({d.STATUS_REFUSED, d.STATUS_ACCEPTED}),
        d.STATUS_ACCEPTED: frozenset({d.STATUS_ASSIGNED, d.STATUS_IN_PROCESS, d.STATUS_COMPLETED}),
        d.STATUS_ASSIGNED: frozenset({d.STATUS_IN_PROCESS, d.STATUS_COMPLETED}),
        d.STATUS_IN_PROCESS: frozenset({d.STATUS_COMPLETED}),
    }
)
_GONE: Final = frozenset({d.STATUS_TAKEN_BACK, d.STATUS_REPLACED, d.STATUS_REFUSED})


def document_id(code: str, promulgated: date) -> str:
    """Return the id that follows from a document's code; it begins with the day, so that ids sort by it."""
    digest = base64.b32encode(hashlib.sha256(code.encode()).digest()[:16]).decode().rstrip("=").lower()
    return f"{promulgated.year:04}{promulgated:%m%d}-{digest}"


def stream_of(document: str) -> str:
    """Return the name of a document's stream."""
    return f"document-{document}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits for the receiver's answer."""

    change: str
    kind: d.ChangeKind.ValueType
    revision: int = 0
    replacement: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receiver's copy."""

    recipient: str
    revision: int = 1
    status: d.Status.ValueType = d.STATUS_UNSPECIFIED
    reason: str = ""
    time: Timestamp | None = None
    pending: tuple[Pending, ...] = ()
    answered: tuple[tuple[str, bool], ...] = ()  # change, whether agreed

    @property
    def gone(self) -> bool:
        """Whether the receiver holds no copy any more."""
        return self.status in _GONE


@dataclass(frozen=True, slots=True)
class Document:
    """A document with all its copies; without an id it was never sent."""

    id: str = ""
    code: str = ""
    sender: str = ""
    content: d.Content = field(default_factory=d.Content)
    revision: int = 0
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    edxml: d.EdxmlSource | None = None
    time: Timestamp | None = None
    attachments: Mapping[bytes, int] = field(default_factory=dict)  # of every revision: SHA-256, size in bytes


def decide_send(
    state: Document,
    *,
    document: str,
    code: str,
    sender: str,
    content: d.Content,
    recipients: Sequence[str],
    now: Timestamp,
    replaces: Sequence[e.ReplacedDocument] = (),
    edxml: d.EdxmlSource | None = None,
) -> Sequence[Message]:
    """Send a document whose code was never used; content and recipients have been checked (`content`)."""
    if state.id:
        raise refuse.exists(code)
    return [
        e.DocumentSent(
            document=document,
            code=code,
            sender=sender,
            content=content,
            recipients=recipients,
            replaces=replaces,
            edxml=edxml,
            time=now,
        )
    ]


def decide_status(
    state: Document, *, recipient: str, status: d.Status.ValueType, reason: str, note: str, now: Timestamp
) -> Sequence[Message]:
    """Report where a copy stands; the same as before: nothing happened."""
    delivery = _delivery(state, recipient)
    if status in {d.STATUS_TAKEN_BACK, d.STATUS_REPLACED}:
        raise refuse.not_reportable(status)
    if status == d.STATUS_REFUSED and not reason.strip():
        raise refuse.reason_missing()
    if status == delivery.status:
        return []
    allowed = NEXT.get(delivery.status, frozenset())
    if status not in allowed:
        raise refuse.not_allowed(delivery.status, status, allowed)
    return [
        e.DeliveryStatusReported(
            document=state.id, recipient=recipient, status=status, reason=reason, note=note, time=now
        )
    ]


def decide_recall(
    state: Document, *, sender: str, change: str, recipients: Sequence[str], reason: str
) -> Sequence[Message]:
    """Ask receivers to give their copies back; with no recipients named, all who hold one."""
    check_owned(state, sender)
    asked = list(recipients) or [code for code, delivery in state.deliveries.items() if not delivery.gone]
    for index, recipient in enumerate(asked):
        delivery = state.deliveries.get(recipient)
        if delivery is None:
            raise refuse.not_a_recipient(f"recipients[{index}]")
        if delivery.gone:
            raise refuse.copy_gone(recipient, delivery.status)
        if any(pending.kind == d.CHANGE_KIND_RECALL for pending in delivery.pending):
            raise refuse.change_pending(recipient)
    if not asked:
        raise refuse.nobody_to_ask()
    return [e.RecallRequested(document=state.id, change=change, recipients=asked, reason=reason)]


def decide_update(
    state: Document,
    *,
    sender: str,
    change: str,
    code: str,
    content: d.Content,
    added: Sequence[str],
    removed: Sequence[str],
    reason: str,
    now: Timestamp,
) -> Sequence[Message]:
    """Propose a corrected content, and other recipients; the code stays."""
    check_owned(state, sender)
    if code != state.code:
        raise refuse.code_changed()
    for index, recipient in enumerate(added):
        if recipient in state.deliveries:
            raise refuse.already_a_recipient(f"added[{index}]")
    for index, recipient in enumerate(removed):
        if recipient not in state.deliveries:
            raise refuse.not_a_recipient(f"removed[{index}]")
    for recipient, delivery in state.deliveries.items():
        if delivery.pending:
            raise refuse.change_pending(recipient)
    asked = [code for code, delivery in state.deliveries.items() if not delivery.gone and code not in removed]
    return [
        e.UpdateProposed(
            document=state.id,
            change=change,
            revision=state.revision + 1,
            content=content,
            recipients=asked,
            added=added,
            removed=[code for code in removed if not state.deliveries[code].gone],
            reason=reason,
            code=state.code,
            sender=state.sender,
            time=now,
        )
    ]


def check_owned(state: Document, sender: str) -> None:
    """Refuse to change what was not sent, or by another."""
    if not state.id or state.sender != sender:
        raise refuse.unknown("document")


def check_replaceable(state: Document, sender: str, recipients: Sequence[str], field_: str) -> None:
    """Refuse to replace what was not sent, by another, or for whom it was not."""
    if not state.id or state.sender != sender:
        raise refuse.unknown(field_)
    for recipient in recipients:
        if recipient not in state.deliveries:
            raise refuse.not_a_recipient(field_)


def check_distinct(replaced: Sequence[str]) -> None:
    """Refuse to name a document twice: its receivers are asked once."""
    for index, each in enumerate(replaced):
        if each in replaced[:index]:
            raise refuse.replaced_twice(f"replaces[{index}].document")


def decide_replacement(
    state: Document, *, change: str, replacement: str, recipients: Sequence[str]
) -> Sequence[Message]:
    """Ask the receivers of a replaced document who still hold a copy; asked before: nothing happened."""
    wanted = recipients or list(state.deliveries)
    asked = [code for code in wanted if code in state.deliveries and not state.deliveries[code].gone]
    if not asked or any(_knows(delivery, change) for delivery in state.deliveries.values()):
        return []
    return [e.ReplacementProposed(document=state.id, change=change, replacement=replacement, recipients=asked)]


def decide_answer(state: Document, *, recipient: str, change: str, agrees: bool, reason: str) -> Sequence[Message]:
    """Agree to a change or refuse it; the same answer again: nothing happened."""
    delivery = _delivery(state, recipient)
    if (change, agrees) in delivery.answered:
        return []
    pending = next((each for each in delivery.pending if each.change == change), None)
    if pending is None:
        raise refuse.change_unknown()
    if agrees:
        return [e.ChangeAgreed(document=state.id, recipient=recipient, change=change, kind=pending.kind)]
    return [e.ChangeRefused(document=state.id, recipient=recipient, change=change, kind=pending.kind, reason=reason)]


def evolve(state: Document, event: Message) -> Document:
    """Return the state after an event."""
    match event:
        case e.DocumentSent():
            return Document(
                id=event.document,
                code=event.code,
                sender=event.sender,
                content=event.content,
                revision=1,
                deliveries={code: Delivery(code) for code in event.recipients},
                replaces=tuple(replaced.document for replaced in event.replaces),
                edxml=event.edxml if event.HasField("edxml") else None,
                time=event.time,
                attachments=_sizes(event.content),
            )
        case e.UpdateProposed():
            deliveries = {code: evolve_delivery(each, event) for code, each in state.deliveries.items()}
            deliveries |= {code: Delivery(code, event.revision) for code in event.added}
            return replace(
                state,
                content=event.content,
                revision=event.revision,
                deliveries=deliveries,
                attachments={**state.attachments, **_sizes(event.content)},
            )
    return replace(state, deliveries={code: evolve_delivery(each, event) for code, each in state.deliveries.items()})


def evolve_delivery(delivery: Delivery, event: Message) -> Delivery:  # noqa: PLR0911 - one case an event
    """Return one copy after an event of its document, which may be about other copies."""
    match event:
        case e.DeliveryStatusReported() if event.recipient == delivery.recipient:
            return _reported(delivery, event)
        case e.RecallRequested() if delivery.recipient in event.recipients:
            return _asked(delivery, Pending(event.change, d.CHANGE_KIND_RECALL, reason=event.reason))
        case e.UpdateProposed() if delivery.recipient in event.recipients:
            update = Pending(event.change, d.CHANGE_KIND_UPDATE, event.revision, reason=event.reason)
            return _asked(delivery, update)
        case e.UpdateProposed() if delivery.recipient in event.removed:
            return _asked(delivery, Pending(event.change, d.CHANGE_KIND_RECALL, reason=event.reason))
        case e.ReplacementProposed() if delivery.recipient in event.recipients:
            by = Pending(event.change, d.CHANGE_KIND_REPLACEMENT, replacement=event.replacement)
            return _asked(delivery, by)
        case e.ChangeAgreed() if event.recipient == delivery.recipient:
            return _agreed(delivery, event.change)
        case e.ChangeRefused() if event.recipient == delivery.recipient:
            rest = tuple(each for each in delivery.pending if each.change != event.change)
            return replace(delivery, pending=rest, answered=(*delivery.answered, (event.change, False)))
    return delivery


def _reported(delivery: Delivery, event: e.DeliveryStatusReported) -> Delivery:
    status = event.status
    pending = () if status in _GONE else delivery.pending  # written out: four of five events, where `replace` is slow
    return Delivery(delivery.recipient, delivery.revision, status, event.reason, event.time, pending, delivery.answered)


def _asked(delivery: Delivery, pending: Pending) -> Delivery:
    return replace(delivery, pending=(*delivery.pending, pending))


def _agreed(delivery: Delivery, change: str) -> Delivery:
    agreed = next((each for each in delivery.pending if each.change == change), None)
    if agreed is None:
        return delivery
    rest = tuple(each for each in delivery.pending if each.change != change)
    answered = (*delivery.answered, (change, True))
    match agreed.kind:
        case d.CHANGE_KIND_UPDATE:
            return replace(delivery, pending=rest, answered=answered, revision=agreed.revision)
        case d.CHANGE_KIND_RECALL:
            return replace(delivery, pending=(), answered=answered, status=d.STATUS_TAKEN_BACK)
        case _:
            return replace(delivery, pending=(), answered=answered, status=d.STATUS_REPLACED)


def _delivery(state: Document, recipient: str) -> Delivery:
    delivery = state.deliveries.get(recipient)
    if delivery is None:
        raise refuse.unknown("document")
    return delivery


def _sizes(content: d.Content) -> dict[bytes, int]:
    return {each.sha256: each.size for each in content.attachments}


def _knows(delivery: Delivery, change: str) -> bool:
    return any(change == each.change for each in delivery.pending) or change in dict(delivery.answered)


DOCUMENT: Final = Decider(Document(), evolve)
