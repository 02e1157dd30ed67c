"""The system (hệ thống thông tin): the software that calls the platform, with keys of its own.

    enrolled -> active <-> suspended (tạm ngừng)

    a key:  enrolled -> ends when a newer one replaces it (with an overlap), or at once when it is revoked (thu hồi)

    its calls:  over any connection <-> bound to client certificates by name, over those alone

The operator cannot lock itself out: a command after which no lasting key of an operator system would remain that works
without a certificate is refused. For certificates end, and authorities are lost, without a command.

The state is the contract's own message, taken as a value: nobody changes it, `evolve` makes a new one. It does not know
since when keys count: that is when their events were recorded. What a decision must know of agencies and other systems
is an argument, as the directory has folded it up to the positions in the request's `after`.
The names and fields of the events are what is stored: see lienthong/identity/v1/system.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from decider.decider import Decider
from lienthong.identity.v1.agency_pb2 import AGENCY_STATE_ACTIVE, AGENCY_STATE_UNSPECIFIED, AgencyState
from lienthong.identity.v1.system_pb2 import (
    SYSTEM_ROLE_AGENCY,
    SYSTEM_ROLE_OPERATOR,
    SYSTEM_STATE_ACTIVE,
    SYSTEM_STATE_SUSPENDED,
    Key,
    System,
    SystemCertificatesChanged,
    SystemEnrolled,
    SystemKeyRevoked,
    SystemKeyRotated,
    SystemResumed,
    SystemSuspended,
)

from identity_service.reason import Reason, refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp
    from lienthong.identity.v1 import system_service_pb2 as requests


def stream_of(system: str) -> str:
    """Name the stream of a system: its id is unique because the stream is."""
    return f"system-{system}"


@dataclass(frozen=True, slots=True)
class By:
    """Who gives a command that not only the operator may give."""

    system: str
    is_operator: bool


def decide_enrol(
    command: requests.EnrolSystemRequest, state: System, agency: AgencyState.ValueType, key_id: str
) -> Sequence[Message]:
    """Enrol a system with its first key; `agency` is unspecified where the agency named is not known."""
    if state.id:
        raise refused(Reason.SYSTEM_EXISTS, "system")
    if command.role == SYSTEM_ROLE_AGENCY:
        _check_agency(command.agency, agency)
    elif command.agency:
        raise refused(Reason.AGENCY_NOT_ALLOWED, "agency")
    return [
        SystemEnrolled(
            system=command.system,
            agency=command.agency,
            display_name=command.display_name,
            role=command.role,
            scopes=command.scopes,
            key_id=key_id,
            public_key=command.public_key,
            certificate_names=command.certificate_names,
        )
    ]


def decide_certificates(
    command: requests.ChangeSystemCertificatesRequest, state: System, *, other_operator: bool
) -> Sequence[Message]:
    """Bind it to certificates with these names, in their order; nothing happens to one that is bound to just these."""
    _check_enrolled(state)
    if command.certificate_names == state.certificate_names:
        return []
    if state.role == SYSTEM_ROLE_OPERATOR and command.certificate_names and not other_operator:
        raise refused(Reason.LAST_OPERATOR_KEY, "certificate_names")
    return [SystemCertificatesChanged(system=state.id, certificate_names=command.certificate_names)]


def decide_rotate(
    command: requests.RotateSystemKeyRequest, state: System, by: By, key_id: str, now: datetime
) -> Sequence[Message]:
    """Give it a key that it never had; the earlier ones end when the overlap is over."""
    _check_owner(command.system, by)
    _check_enrolled(state)
    if any(key.public_key == command.public_key for key in state.keys):
        raise refused(Reason.KEY_USED_BEFORE, "public_key")
    rotated = SystemKeyRotated(system=state.id, key_id=key_id, public_key=command.public_key)
    rotated.earlier_keys_valid_until.FromDatetime(now + command.overlap.ToTimedelta())
    return [rotated]


def decide_revoke(
    command: requests.RevokeSystemKeyRequest, state: System, by: By, *, other_operator: bool
) -> Sequence[Message]:
    """Revoke a key at once; `other_operator`: another operator system has a lasting key that needs no certificate."""
    _check_owner(command.system, by)
    _check_enrolled(state)
    key = next((key for key in state.keys if key.id == command.key_id), None)
    if key is None:
        raise refused(Reason.KEY_NOT_ENROLLED, "key_id")
    if key.revocation_reason:
        return []
    remains = not state.certificate_names and any(_lasts(each) for each in state.keys if each.id != key.id)
    if state.role == SYSTEM_ROLE_OPERATOR and not (remains or other_operator):
        raise refused(Reason.LAST_OPERATOR_KEY, "key_id")
    return [SystemKeyRevoked(system=state.id, key_id=key.id, reason=command.reason)]


def decide_suspend(command: requests.SuspendSystemRequest, state: System, *, other_operator: bool) -> Sequence[Message]:
    """Suspend it; nothing happens to one that is suspended."""
    _check_enrolled(state)
    if state.state == SYSTEM_STATE_SUSPENDED:
        return []
    if state.role == SYSTEM_ROLE_OPERATOR and not other_operator:
        raise refused(Reason.LAST_OPERATOR_KEY, "system")
    return [SystemSuspended(system=state.id, reason=command.reason)]


def decide_resume(state: System) -> Sequence[Message]:
    """Let it call again; nothing happens to one that may."""
    _check_enrolled(state)
    if state.state == SYSTEM_STATE_ACTIVE:
        return []
    return [SystemResumed(system=state.id)]


def evolve(state: System, event: Message) -> System:
    """Return the system after an event."""
    after = System()
    after.CopyFrom(state)
    match event:
        case SystemEnrolled():
            after.id, after.agency, after.display_name = event.system, event.agency, event.display_name
            after.role, after.state = event.role, SYSTEM_STATE_ACTIVE
            after.scopes.extend(event.scopes)
            after.certificate_names.extend(event.certificate_names)
            after.keys.add(id=event.key_id, public_key=event.public_key)
        case SystemCertificatesChanged():
            after.certificate_names[:] = event.certificate_names
        case SystemKeyRotated():
            for key in after.keys:
                _end(key, event.earlier_keys_valid_until)
            after.keys.add(id=event.key_id, public_key=event.public_key)
        case SystemKeyRevoked():
            for key in after.keys:
                key.revocation_reason = event.reason if key.id == event.key_id else key.revocation_reason
        case SystemSuspended():
            after.state = SYSTEM_STATE_SUSPENDED
        case SystemResumed():
            after.state = SYSTEM_STATE_ACTIVE
    return after


SYSTEM = Decider(System(), evolve)


def _end(key: Key, until: Timestamp) -> None:
    """Set a key's end; one that was set earlier is not put off."""
    if not key.HasField("valid_until") or until.ToNanoseconds() < key.valid_until.ToNanoseconds():
        key.valid_until.CopyFrom(until)


def _lasts(key: Key) -> bool:
    return not key.revocation_reason and not key.HasField("valid_until")


def _check_enrolled(state: System) -> None:
    if not state.id:
        raise refused(Reason.SYSTEM_UNKNOWN, "system")


def _check_owner(system: str, by: By) -> None:
    if not by.is_operator and by.system != system:
        raise refused(Reason.NOT_OWN_KEY, "system")


def _check_agency(code: str, agency: AgencyState.ValueType) -> None:
    if not code:
        raise refused(Reason.AGENCY_REQUIRED, "agency")
    if agency == AGENCY_STATE_UNSPECIFIED:
        raise refused(Reason.AGENCY_UNKNOWN, "agency")
    if agency != AGENCY_STATE_ACTIVE:
        raise refused(Reason.AGENCY_NOT_ACTIVE, "agency")
