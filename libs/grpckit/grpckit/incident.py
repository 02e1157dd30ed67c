"""Logs: refused calls, and faults of the program. Neither holds anything of a request."""

from __future__ import annotations

import logging
import traceback
import uuid
from dataclasses import dataclass

_log = logging.getLogger("grpckit")


@dataclass(frozen=True, slots=True)
class Refused:
    """What is told about a refused call: no content."""

    reason: str
    method: str  # full RPC name
    system: str  # empty where the caller was not authenticated
    peer: str = ""  # then: from where the call came, in gRPC's form; behind a gateway that is the gateway


def log_refusal(refused: Refused) -> None:
    """Log a refused call: reason, method, and system or peer, as text and as fields of the log record."""
    fields = {"reason": refused.reason, "method": refused.method, "system": refused.system, "peer": refused.peer}
    caller = refused.system or (f"somebody at {refused.peer}" if refused.peer else "nobody")
    _log.info("refused %s to %s: %s", refused.method, caller, refused.reason, extra=fields)


def report_incident(method: str, error: Exception) -> str:
    """Log a fault of the program and return its incident id.

    The log has the types and the places of the exception and its causes, not their texts: those often repeat the
    value at fault, which may be personal data.
    """
    incident = uuid.uuid4().hex
    fields = {"incident": incident, "method": method, "error": type(error).__qualname__}
    _log.error("incident %s in %s\n%s", incident, method, places(error), extra=fields)
    return incident


def places(error: BaseException) -> str:
    """Return the types of an exception and its causes and the places they came through, without their texts."""
    parts: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\ncaused by\n".join(parts)
