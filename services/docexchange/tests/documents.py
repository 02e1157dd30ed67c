"""Contents, and events as the aggregate makes them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from docexchange_service.document import document_id
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e

_numbers = itertools.count(1)
DAY = Date(year=2026, month=2, day=27)
NOW = Timestamp(seconds=1_772_200_000)
FILE = bytes(range(32))


def content(**changes: Any) -> d.Content:
    """Return a content with a number of its own."""
    known = {
        "number": str(next(_numbers)),
        "notation": "VPCP-TTĐT",
        "promulgation_date": DAY,
        "subject": "V/v kết nối, liên thông phần mềm quản lý văn bản",
    }
    return d.Content(**{**known, **changes})


CODE = "G22,2026/02/27,7816/VPCP-TTĐT"
SAID = content(number="7816", attachments=[d.Attachment(sha256=FILE, size=5, name="a.txt")])


def _id() -> str:
    from datetime import date  # noqa: PLC0415 - kept out of the names of this module

    return document_id(CODE, date(2026, 2, 27))


ID = _id()


def sent(*recipients: str, **changes: Any) -> e.DocumentSent:
    """G22 has sent 7816/VPCP-TTĐT."""
    known = {"document": ID, "code": CODE, "sender": "G22", "content": SAID, "time": NOW}
    return e.DocumentSent(**{**known, "recipients": recipients or ("H41", "H26"), **changes})


def reported(recipient: str, status: d.Status.ValueType, **changes: Any) -> e.DeliveryStatusReported:
    """Report a status of a copy."""
    known = {"document": ID, "recipient": recipient, "status": status, "time": NOW}
    return e.DeliveryStatusReported(**{**known, **changes})


def walked(recipient: str, *statuses: d.Status.ValueType) -> Sequence[e.DeliveryStatusReported]:
    """Report several."""
    return [reported(recipient, status) for status in statuses]


def recalled(change: str, *recipients: str) -> e.RecallRequested:
    """G22 asks for copies back."""
    return e.RecallRequested(document=ID, change=change, recipients=recipients, reason="gửi nhầm")


def updated(change: str, *recipients: str, revision: int = 2, **changes: Any) -> e.UpdateProposed:
    """G22 corrects the subject."""
    corrected = d.Content()
    corrected.CopyFrom(SAID)
    corrected.subject = f"Bản sửa {revision}"
    known = {
        "document": ID,
        "change": change,
        "revision": revision,
        "content": corrected,
        "recipients": recipients,
        "reason": "sửa trích yếu",
        "code": CODE,
        "sender": "G22",
        "time": NOW,
    }
    return e.UpdateProposed(**{**known, **changes})


def replaced(change: str, *recipients: str) -> e.ReplacementProposed:
    """G22 sent another document in its place."""
    return e.ReplacementProposed(document=ID, change=change, replacement="20260301-new", recipients=recipients)


def agreed(recipient: str, change: str, kind: d.ChangeKind.ValueType) -> e.ChangeAgreed:
    """Agree to a change."""
    return e.ChangeAgreed(document=ID, recipient=recipient, change=change, kind=kind)


def refused(recipient: str, change: str, kind: d.ChangeKind.ValueType) -> e.ChangeRefused:
    """Refuse a change."""
    return e.ChangeRefused(document=ID, recipient=recipient, change=change, kind=kind, reason="đã xử lý")
