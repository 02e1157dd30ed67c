"""What a test needs of whoever has a directory: events of identity's log, records of them, and a directory.

known = directory_of(registered("H41"), enrolled("h41-qlvb", "H41", public_key))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.partition import partition_of
from eventlog.record import Recorded, prepare, seal
from grpckit.signing import key_id_of
from lienthong.identity.v1.agency_pb2 import AgencyRegistered, AgencySucceeded
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY, SystemEnrolled, SystemKeyRotated, SystemRole

from directory.directory import Directory
from directory.following import LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.message import Message

PARTITIONS = 4
_FIRST_SECOND = 1_700_000_000  # when the first record was made; each later one is a second later


def directory_of(*events: Message) -> Directory:
    """Return a directory that has folded these events, and nothing else."""
    directory = Directory()
    for record in recorded(events):
        directory.take(record)
    return directory


def recorded(events: Iterable[Message]) -> list[Recorded]:
    """Give events their places in identity's log, in the order given."""
    heads = [0] * PARTITIONS
    versions: dict[str, int] = {}
    records = []
    for second, event in enumerate(events):
        stream = _stream_of(event)
        partition = partition_of(stream, PARTITIONS)
        versions[stream] = versions.get(stream, 0) + 1
        micros = (_FIRST_SECOND + second) * 1_000_000
        sealable = prepare(stream, event, b"", b"")
        records.append(seal(LOG, partition, heads[partition], stream, versions[stream], micros, sealable))
        heads[partition] += 1
    return records


def registered(code: str, parent: str = "") -> AgencyRegistered:
    """Make the event that begins an agency."""
    return AgencyRegistered(code=code, display_name=f"Cơ quan {code}", parent=parent)


def merged(code: str, successor: str) -> AgencySucceeded:
    """Make the event that ends an agency."""
    return AgencySucceeded(code=code, successor=successor, legal_basis="Nghị quyết 202/2025/QH15")


def enrolled(
    system: str,
    agency: str,
    public_key: bytes,
    scopes: Sequence[str] = (),
    role: SystemRole.ValueType = SYSTEM_ROLE_AGENCY,
    certificate_names: Sequence[str] = (),
) -> SystemEnrolled:
    """Make the event that begins a system, with its first key."""
    return SystemEnrolled(
        system=system,
        agency=agency,
        display_name=system,
        role=role,
        scopes=scopes,
        key_id=key_id_of(system, public_key),
        public_key=public_key,
        certificate_names=certificate_names,
    )


def rotated(system: str, public_key: bytes, seconds: int) -> SystemKeyRotated:
    """Make the event that gives a system a new key; the earlier ones end at `seconds` since 1970."""
    event = SystemKeyRotated(system=system, key_id=key_id_of(system, public_key), public_key=public_key)
    event.earlier_keys_valid_until.FromSeconds(seconds)
    return event


def _stream_of(event: Message) -> str:
    code = getattr(event, "code", "")
    return f"agency-{code}" if code else f"system-{getattr(event, 'system', '')}"
