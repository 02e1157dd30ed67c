"""A record's headers: CloudEvents 1.0, Kafka protocol binding, binary content mode; and W3C Trace Context."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventlog.record import Recorded

Headers = list[tuple[str, bytes]]
_VERSION = ("ce_specversion", b"1.0")


def headers(recorded: Recorded) -> Headers:
    """Return the headers of a record's message."""
    record = recorded.record
    at = record.recorded_at
    found = [
        _VERSION,
        ("ce_id", record.id.encode()),
        ("ce_type", recorded.type_name.encode()),
        ("ce_source", _source(recorded.log)),
        ("ce_subject", recorded.stream.encode()),
        ("ce_time", b"%b.%06dZ" % (_second(at.seconds), at.nanos // 1000)),
    ]
    traceparent = record.cause.traceparent
    if traceparent:
        found.append(("traceparent", traceparent.encode()))
    return found


@lru_cache(maxsize=64)
def _source(log: str) -> bytes:
    return f"urn:lienthong:log:{log}".encode()


@lru_cache(maxsize=64)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
