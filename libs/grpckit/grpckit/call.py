"""Who is calling: what a servicer may know of the call that it serves."""

from __future__ import annotations

import hashlib
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventlog import trace_context
from lienthong.log.v1 import record_pb2

if TYPE_CHECKING:
    from lienthong.identity.v1.system_pb2 import SystemRole


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted call. An unsigned one, where the method takes those, is nobody's: its texts are empty."""

    system: str
    agency: str  # code; empty for the operator and for auditors
    role: SystemRole.ValueType
    scopes: frozenset[str]
    origin: record_pb2.Origin  # goes into each record that the call causes
    cause: record_pb2.Cause  # likewise
    fingerprint: bytes  # SHA-256 of who asked what: the same request id must come with the same one


_current: ContextVar[Call] = ContextVar("call")


def current_call() -> Call:
    """Return the call that is being served; LookupError outside of one."""
    return _current.get()


def call_or_none() -> Call | None:
    """Return the call that is being served; None outside of one, or before it is admitted."""
    return _current.get(None)


def enter(call: Call) -> None:
    """Make a call the current one until its task ends; for the guard, and for tests of servicers."""
    _current.set(call)


def fingerprint_of(method: str, system: str, raw: bytes) -> bytes:
    """Hash who asked what: SHA-256(method || 0x00 || system || 0x00 || raw request), 32 bytes."""
    return hashlib.sha256(b"%b\0%b\0%b" % (method.encode(), system.encode(), raw)).digest()


def cause_of(request_id: str, traceparent: str | bytes | None) -> record_pb2.Cause:
    """Make the cause of what a call brings about.

    It names the span of the call where that is recorded, else the caller's; a traceparent that is not W3C's is dropped.
    """
    named = trace_context.cause() or (str(traceparent) if trace_context.parse(traceparent) else "")
    return record_pb2.Cause(correlation_id=request_id or uuid.uuid4().hex, traceparent=named)
