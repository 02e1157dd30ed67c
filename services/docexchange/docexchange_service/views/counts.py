"""How many documents does an agency send, receive, accept, refuse and complete on a day? Days are Vietnam's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from eventlog.record import Recorded
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam.time_zone import VIETNAM_TIME
from views.view import Key, View

from docexchange_service.views.copies import Row, types

_NOTHING = {"sent": 0, "received": 0, "accepted": 0, "refused": 0, "completed": 0}
_COUNTED = {d.STATUS_ACCEPTED: "accepted", d.STATUS_REFUSED: "refused", d.STATUS_COMPLETED: "completed"}


def day_of(recorded: Recorded) -> str:
    """Return the day of a record, in Vietnam, as yyyy-mm-dd."""
    seconds = recorded.record.recorded_at.seconds
    return datetime.fromtimestamp(seconds, UTC).astimezone(VIETNAM_TIME).date().isoformat()


def keys(recorded: Recorded) -> Iterable[Key]:
    """Name the agencies for whom an event counts."""
    match event := recorded.event:
        case e.DocumentSent():
            agencies = [event.sender, *event.recipients]
        case e.UpdateProposed():
            agencies = list(event.added)
        case e.DeliveryStatusReported() if event.status in _COUNTED:
            agencies = [event.recipient]
        case _:
            agencies = []
    day = day_of(recorded) if agencies else ""
    return [(agency, day) for agency in agencies]


def fold(key: Key, row: Row | None, recorded: Recorded) -> Row | None:
    """Count an event."""
    event = recorded.event
    agency, day = key
    count = dict(row or {"agency": agency, "day": day, **_NOTHING})
    match event:
        case e.DocumentSent():
            count["sent"] += event.sender == agency
            count["received"] += agency in event.recipients
        case e.UpdateProposed():
            count["received"] += 1
        case e.DeliveryStatusReported():
            count[_COUNTED[event.status]] += 1
    return count


COUNTS = View(
    name="counts",
    version=1,
    log="docexchange",
    columns=(
        sa.Column("agency", sa.String(35), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _NOTHING),
    ),
    types=types(e.DocumentSent, e.UpdateProposed, e.DeliveryStatusReported),
    keys=keys,
    fold=fold,
    indexes=(("day", "agency"),),
)
