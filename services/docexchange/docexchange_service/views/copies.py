"""How a view keeps copies of documents: a row of its own for each, or all of a document's in one column of JSON.

What an event does to a copy is the aggregate's to say (`document.evolve_delivery`); a view keeps what that needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lienthong.docexchange.v1 import events_pb2 as e

from docexchange_service.document import Delivery, Pending, evolve_delivery

if TYPE_CHECKING:
    from google.protobuf.message import Message


def packed(delivery: Delivery) -> str:
    """Write a copy's standing as JSON."""
    if not delivery.pending:
        return f"[{int(delivery.status)},{delivery.revision},[]]"  # nearly every copy, many times faster
    return json.dumps(_standing(delivery), separators=(",", ":"))


@lru_cache(maxsize=4096)  # few standings, each of many copies; a delivery is never changed
def unpacked(recipient: str, text: str) -> Delivery:
    """Read a copy's standing."""
    return _delivery(recipient, json.loads(text))


def packed_all(deliveries: Iterable[Delivery]) -> str:
    """Write the standing of all copies of a document as JSON."""
    return json.dumps({each.recipient: _standing(each) for each in deliveries}, separators=(",", ":"))


def unpacked_all(text: str) -> list[Delivery]:
    """Read the standing of all copies of a document."""
    return [_delivery(recipient, standing) for recipient, standing in json.loads(text).items()]


def after(deliveries: Iterable[Delivery], event: Message, added: Iterable[str], revision: int) -> list[Delivery]:
    """Return the copies after an event that may add some."""
    return [evolve_delivery(each, event) for each in deliveries] + [Delivery(code, revision) for code in added]


def _standing(delivery: Delivery) -> list[Any]:
    waiting = [[each.change, each.kind, each.revision] for each in delivery.pending]
    return [int(delivery.status), delivery.revision, waiting]


def _delivery(recipient: str, standing: list[Any]) -> Delivery:
    status, revision, waiting = standing
    pending = tuple(Pending(change, kind, of) for change, kind, of in waiting)
    return Delivery(recipient, revision, status, pending=pending)


def types(*messages: type[Message]) -> frozenset[str]:
    """Return the full names of event types."""
    return frozenset(message.DESCRIPTOR.full_name for message in messages)


DOCUMENT_EVENTS = types(
    e.DocumentSent,
    e.DeliveryStatusReported,
    e.RecallRequested,
    e.UpdateProposed,
    e.ReplacementProposed,
    e.ChangeAgreed,
    e.ChangeRefused,
)
Row = Mapping[str, Any]
