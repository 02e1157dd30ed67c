"""What the suites put into logs: small events whose text tells them apart, requests with names, a clock to set."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

from google.protobuf.wrappers_pb2 import StringValue
from lienthong.log.v1 import record_pb2

from eventlog.partition import partition_of
from eventlog.record import Recorded, Sealable, prepare, seal
from eventlog.store import Append, Appended, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eventlog.errors import Refused

START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z in microseconds
ORIGIN = record_pb2.Origin(method="/conformance", agency="G22", system="g22-qlvb").SerializeToString()
CAUSE = record_pb2.Cause(correlation_id="conformance").SerializeToString()


def at_start() -> int:
    """Return the time at which the suites begin, always."""
    return START


class Clock:
    """A clock that shows what it is set to, in microseconds since 1970."""

    def __init__(self, micros: int = START) -> None:
        self.micros = micros

    def __call__(self) -> int:
        """Return the time."""
        return self.micros


def sealable(stream: str, text: str) -> Sealable:
    """Make an event that says `text`."""
    return prepare(stream, StringValue(value=text), ORIGIN, CAUSE)


def append(stream: str, expected_version: int, *texts: str, request: Request | None = None) -> Append:
    """Make an append of one event for each text."""
    return Append(stream, expected_version, [sealable(stream, text) for text in texts], request)


def request(name: str, content: str = "") -> Request:
    """Make a request; the same name gives the same id, another content another fingerprint."""
    return Request(str(uuid5(NAMESPACE_OID, name)), hashlib.sha256(f"{name}/{content}".encode()).digest())


def records(log: str, partition: int, positions: Iterable[int]) -> list[Recorded]:
    """Make records as a relay publishes them: one stream a partition, version = position + 1."""
    stream = f"stream-{partition}"
    return [
        seal(log, partition, position, stream, position + 1, START + position, sealable(stream, f"{position}"))
        for position in positions
    ]


def texts(found: Iterable[Recorded]) -> list[str]:
    """Return what the events of records say."""
    return [StringValue.FromString(recorded.record.event.value).value for recorded in found]


def made(answer: Appended | Refused) -> Sequence[Recorded]:
    """Return the records of an append that must have been made now."""
    assert isinstance(answer, Appended), answer
    assert not answer.repeated
    return answer.records


def stream_in(partition: int, partitions: int) -> str:
    """Return the name of some stream that lives in a partition."""
    return next(name for name in (f"stream-{n}" for n in range(10_000)) if partition_of(name, partitions) == partition)
