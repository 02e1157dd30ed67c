"""The agency (cơ quan, đơn vị).

    registered -> active <-> suspended (tạm ngừng)
                    |            |
                    +--> succeeded (sáp nhập), for ever: it changes no more

A merged agency keeps its place: the agencies under it stay where they are until each is moved.

The state is the contract's own message, taken as a value: nobody changes it, `evolve` makes a new one. What a decision
must know of other agencies is an argument, as the directory has folded it up to the positions in the request's `after`.
The names and fields of the events are what is stored: see lienthong/identity/v1/agency.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from decider.decider import Decider
from lienthong.identity.v1.agency_pb2 import (
    AGENCY_STATE_ACTIVE,
    AGENCY_STATE_SUCCEEDED,
    AGENCY_STATE_SUSPENDED,
    Agency,
    AgencyMoved,
    AgencyRegistered,
    AgencyRenamed,
    AgencyResumed,
    AgencySucceeded,
    AgencySuspended,
)

from identity_service.reason import Reason, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message
    from google.type.date_pb2 import Date
    from lienthong.identity.v1 import agency_service_pb2 as requests


def stream_of(code: str) -> str:
    """Name the stream of an agency: its code is unique because the stream is."""
    return f"agency-{code}"


@dataclass(frozen=True, slots=True)
class Other:
    """Another agency that a request names, as the directory knows it."""

    active: bool
    above: frozenset[str]  # codes of the agencies above it
    holder: str  # code of the agency that holds its tasks now; its own while it does itself


def decide_register(command: requests.RegisterAgencyRequest, state: Agency, parent: Other | None) -> Sequence[Message]:
    """Register an agency, under a parent that takes part or at the top."""
    if state.code:
        raise refused(Reason.AGENCY_EXISTS, "code")
    if command.parent:
        _check_parent(command.code, command.parent, parent)
    return [AgencyRegistered(code=command.code, display_name=command.display_name, parent=command.parent)]


def decide_rename(command: requests.RenameAgencyRequest, state: Agency) -> Sequence[Message]:
    """Give it another name; the same name is none."""
    _check_changes(state)
    if command.display_name == state.display_name:
        return []
    return [AgencyRenamed(code=state.code, display_name=command.display_name)]


def decide_move(command: requests.MoveAgencyRequest, state: Agency, parent: Other | None) -> Sequence[Message]:
    """Put it under a parent that takes part and is not below it, or at the top."""
    _check_changes(state)
    if command.parent == state.parent:
        return []
    if command.parent:
        _check_parent(state.code, command.parent, parent)
    return [AgencyMoved(code=state.code, parent=command.parent)]


def decide_merge(command: requests.MergeAgencyRequest, state: Agency, successor: Other | None) -> Sequence[Message]:
    """Merge it into a successor that takes part, by the legal act named; it holds from the moment it is recorded."""
    _check_changes(state)
    _check_day(command.effective_date)
    if command.successor == state.code:
        raise refused(Reason.SUCCESSOR_SELF, "successor")
    if successor is None:
        raise refused(Reason.SUCCESSOR_UNKNOWN, "successor")
    if successor.holder == state.code:
        raise refused(Reason.SUCCESSION_CYCLE, "successor")
    if not successor.active:
        raise refused(Reason.SUCCESSOR_NOT_ACTIVE, "successor", holder=successor.holder)
    return [
        AgencySucceeded(
            code=state.code,
            successor=command.successor,
            legal_basis=command.legal_basis,
            effective_date=command.effective_date,
        )
    ]


def decide_suspend(command: requests.SuspendAgencyRequest, state: Agency) -> Sequence[Message]:
    """Suspend it; nothing happens to one that is suspended."""
    _check_changes(state)
    if state.state == AGENCY_STATE_SUSPENDED:
        return []
    return [AgencySuspended(code=state.code, reason=command.reason)]


def decide_resume(state: Agency) -> Sequence[Message]:
    """Let it take part again; nothing happens to one that does."""
    _check_changes(state)
    if state.state == AGENCY_STATE_ACTIVE:
        return []
    return [AgencyResumed(code=state.code)]


def evolve(state: Agency, event: Message) -> Agency:
    """Return the agency after an event."""
    after = Agency()
    after.CopyFrom(state)
    match event:
        case AgencyRegistered():
            after.code, after.display_name, after.parent = event.code, event.display_name, event.parent
            after.state = AGENCY_STATE_ACTIVE
        case AgencyRenamed():
            after.display_name = event.display_name
        case AgencyMoved():
            after.parent = event.parent
        case AgencySucceeded():
            after.state, after.successor = AGENCY_STATE_SUCCEEDED, event.successor
        case AgencySuspended():
            after.state = AGENCY_STATE_SUSPENDED
        case AgencyResumed():
            after.state = AGENCY_STATE_ACTIVE
    return after


AGENCY = Decider(Agency(), evolve)


def _check_changes(state: Agency) -> None:
    if not state.code:
        raise refused(Reason.AGENCY_UNKNOWN, "code")
    if state.state == AGENCY_STATE_SUCCEEDED:
        raise refused(Reason.AGENCY_SUCCEEDED, "code", successor=state.successor)


def _check_parent(code: str, parent_code: str, parent: Other | None) -> None:
    if parent_code == code:
        raise refused(Reason.PARENT_CYCLE, "parent")
    if parent is None:
        raise refused(Reason.PARENT_UNKNOWN, "parent")
    if code in parent.above:
        raise refused(Reason.PARENT_CYCLE, "parent")
    if not parent.active:
        raise refused(Reason.PARENT_NOT_ACTIVE, "parent")


def _check_day(day: Date) -> None:
    try:
        date(day.year, day.month, day.day)
    except ValueError:
        raise refused(Reason.EFFECTIVE_DATE_INVALID, "effective_date") from None
