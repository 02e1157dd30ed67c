"""Between the aggregate and the contract."""

from __future__ import annotations

from collections.abc import Callable

from lienthong.docexchange.v1 import document_pb2 as d

from docexchange_service.document import Delivery, Document, Pending


def document(state: Document, viewer: frozenset[str], holder: Callable[[str], str]) -> d.Document:
    """Return a document as one party sees it: its sender sees every copy, a receiver its own.

    `viewer` has the codes that the party answers for: its own, and those of the agencies it has succeeded.
    """
    seen = (
        state.deliveries.values()
        if state.sender in viewer
        else [each for code, each in state.deliveries.items() if code in viewer]
    )
    return d.Document(
        id=state.id,
        code=state.code,
        sender=state.sender,
        content=state.content,
        revision=state.revision,
        deliveries=[delivery(each, holder(each.recipient)) for each in seen],
        sent_time=state.time,
        replaces=state.replaces,
        edxml=state.edxml,
    )


def delivery(state: Delivery, holder: str) -> d.Delivery:
    """Return one copy."""
    return d.Delivery(
        recipient=state.recipient,
        holder=holder,
        status=state.status,
        revision=state.revision,
        pending=[_pending(each) for each in state.pending],
        status_time=state.time,
        reason=state.reason,
    )


def is_party(state: Document, viewer: frozenset[str]) -> bool:
    """Tell whether a party may read the document: it sent it, or holds a copy that was not taken back."""
    if state.id and state.sender in viewer:
        return True
    return any(code in viewer and each.status != d.STATUS_TAKEN_BACK for code, each in state.deliveries.items())


def _pending(state: Pending) -> d.PendingChange:
    return d.PendingChange(
        id=state.change,
        kind=state.kind,
        reason=state.reason,
        revision=state.revision,
        replacement=state.replacement,
    )
