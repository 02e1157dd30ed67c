"""What the directory knows of an agency (cơ quan, đơn vị), and what each event of its stream does to that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lienthong.identity.v1.agency_pb2 import (
    AGENCY_STATE_ACTIVE,
    AGENCY_STATE_SUCCEEDED,
    AGENCY_STATE_SUSPENDED,
    AgencyMoved,
    AgencyRegistered,
    AgencyRenamed,
    AgencyResumed,
    AgencyState,
    AgencySucceeded,
    AgencySuspended,
)

from directory.errors import StreamIncomplete

if TYPE_CHECKING:
    from google.protobuf.message import Message

AGENCY_EVENTS = frozenset(
    event.DESCRIPTOR.full_name
    for event in (AgencyRegistered, AgencyRenamed, AgencyMoved, AgencySucceeded, AgencySuspended, AgencyResumed)
)


@dataclass(frozen=True, slots=True)
class AgencyEntry:
    """An agency as it is now."""

    code: str  # in its current form
    display_name: str
    parent: str  # code; empty at the top of the tree
    state: AgencyState.ValueType
    successor: str  # code; empty while it holds its tasks itself

    @property
    def active(self) -> bool:
        """Whether it takes part: neither suspended nor succeeded."""
        return self.state == AGENCY_STATE_ACTIVE


def fold_agency(entry: AgencyEntry | None, stream: str, event: Message) -> AgencyEntry:
    """Return the entry after an event; StreamIncomplete when the stream does not begin with AgencyRegistered."""
    if isinstance(event, AgencyRegistered):
        return AgencyEntry(event.code, event.display_name, event.parent, AGENCY_STATE_ACTIVE, "")
    if entry is None:
        raise StreamIncomplete(stream)
    return replace(entry, **_changes(event))


def _changes(event: Message) -> dict[str, Any]:
    match event:
        case AgencyRenamed():
            return {"display_name": event.display_name}
        case AgencyMoved():
            return {"parent": event.parent}
        case AgencySucceeded():
            return {"state": AGENCY_STATE_SUCCEEDED, "successor": event.successor}
        case AgencySuspended():
            return {"state": AGENCY_STATE_SUSPENDED}
        case _:
            return {"state": AGENCY_STATE_ACTIVE}  # AgencyResumed, the last of AGENCY_EVENTS
