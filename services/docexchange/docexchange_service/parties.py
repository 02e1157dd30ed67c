"""Who takes part in a call: what the directory says of the agencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from decider.executor import Intent
from eventlog.store import Request
from grpckit.call import current_call
from lienthong.log.v1 import record_pb2

from docexchange_service import document_refusals as refuse
from docexchange_service.content import Standing, current

if TYPE_CHECKING:
    from directory.directory import Directory


@dataclass(frozen=True)
class Parties:
    """Answers for the call that is being served."""

    directory: Directory

    @property
    def caller(self) -> str:
        """Code of the calling agency."""
        return current_call().agency

    @property
    def viewer(self) -> frozenset[str]:
        """The codes that the caller answers for: its own, and those of the agencies it has succeeded."""
        return self.directory.predecessors(self.caller) | {self.caller}

    def recipient(self, named: str) -> str:
        """Return the code of the copy that the caller speaks of; its own when it names none."""
        code = current(named) if named else self.caller
        if code not in self.viewer:
            raise refuse.unknown("recipient")
        return code

    def admission(self) -> Callable[[], bool]:
        """Return what tells, for as long as a call lasts, whether its key, system and agency are still good."""
        key_id = current_call().origin.signature.key_id

        def admitted() -> bool:
            key = self.directory.find(key_id)
            return key is not None and not key.revoked and key.system_active and key.agency_active

        return admitted

    def standing(self, code: str) -> Standing:
        """Say whether an agency can be sent to; what is sent to a succeeded one reaches its successor."""
        entry = self.directory.holder(code)
        if entry is None:
            return Standing.UNKNOWN
        return Standing.ACTIVE if entry.active else Standing.SUSPENDED

    def holder(self, code: str) -> str:
        """Return the agency that holds what was addressed to a code."""
        entry = self.directory.holder(code)
        return entry.code if entry else code


def intent() -> Intent:
    """Return what a command's records say of the call."""
    call = current_call()
    return Intent(call.origin, call.cause, Request(call.origin.request_id, call.fingerprint))


def intent_for(request_id: str) -> Intent:
    """Return the same for a stream, whose request id stands in its first message."""
    call = current_call()
    origin = record_pb2.Origin()
    origin.CopyFrom(call.origin)
    origin.request_id = request_id
    cause = record_pb2.Cause(correlation_id=request_id, traceparent=call.cause.traceparent)
    return Intent(origin, cause, Request(request_id, call.fingerprint))
