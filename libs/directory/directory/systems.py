"""What the directory knows of a system (hệ thống thông tin) and its keys, and what each event does to that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lienthong.identity.v1.system_pb2 import (
    SystemCertificatesChanged,
    SystemEnrolled,
    SystemKeyRevoked,
    SystemKeyRotated,
    SystemResumed,
    SystemRole,
    SystemSuspended,
)

from directory.errors import StreamIncomplete

if TYPE_CHECKING:
    from google.protobuf.message import Message

SYSTEM_EVENTS = frozenset(
    event.DESCRIPTOR.full_name
    for event in (
        SystemEnrolled,
        SystemCertificatesChanged,
        SystemKeyRotated,
        SystemKeyRevoked,
        SystemSuspended,
        SystemResumed,
    )
)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A public key of a system."""

    id: str
    public_key: bytes  # Ed25519, 32 bytes
    enrolled_at: datetime  # when its event was recorded
    valid_until: datetime | None  # None while no end is set
    revoked: bool

    @property
    def lasting(self) -> bool:
        """Whether it is neither revoked nor bound to end."""
        return not self.revoked and self.valid_until is None


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """A system as it is now, with all keys it ever had, in order of enrolment."""

    id: str
    agency: str  # code; empty for the operator and for auditors
    display_name: str
    role: SystemRole.ValueType
    scopes: frozenset[str]
    active: bool
    keys: tuple[KeyEntry, ...]
    certificate_names: frozenset[str]  # its calls are bound to client certificates with one of them; none: they are not


def fold_system(entry: SystemEntry | None, stream: str, event: Message, recorded_at: datetime) -> SystemEntry:
    """Return the entry after an event; StreamIncomplete when the stream does not begin with SystemEnrolled."""
    if isinstance(event, SystemEnrolled):
        key = KeyEntry(event.key_id, event.public_key, recorded_at, None, revoked=False)
        scopes = frozenset(event.scopes)
        names = frozenset(event.certificate_names)
        return SystemEntry(event.system, event.agency, event.display_name, event.role, scopes, True, (key,), names)
    if entry is None:
        raise StreamIncomplete(stream)
    match event:
        case SystemCertificatesChanged():
            return replace(entry, certificate_names=frozenset(event.certificate_names))
        case SystemKeyRotated():
            return _rotated(entry, event, recorded_at)
        case SystemKeyRevoked():
            keys = (replace(key, revoked=True) if key.id == event.key_id else key for key in entry.keys)
            return replace(entry, keys=tuple(keys))
        case SystemSuspended():
            return replace(entry, active=False)
        case _:
            return replace(entry, active=True)  # SystemResumed, the last of SYSTEM_EVENTS


def _rotated(entry: SystemEntry, event: SystemKeyRotated, recorded_at: datetime) -> SystemEntry:
    """End the keys before the new one; an end that was set earlier is not put off."""
    until = event.earlier_keys_valid_until.ToDatetime(tzinfo=UTC)
    earlier = (replace(key, valid_until=min(key.valid_until or until, until)) for key in entry.keys)
    new = KeyEntry(event.key_id, event.public_key, recorded_at, None, revoked=False)
    return replace(entry, keys=(*earlier, new))
