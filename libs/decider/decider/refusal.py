"""A refusal: the typed answer to a command or query that cannot be granted.

    Refusal                     one class, told apart by its kind and its stable reason
      kind    Kind              what sort of refusal, mapped to a gRPC code in one table (grpckit.errors)
      reason  UPPER_SNAKE       stable; programs act on it
      en, vi                    what happened and the remedy, for people, without personal data
      violations                the fields at fault, each with a reason and texts of its own

Aggregates raise it, servicers let it pass, grpckit turns it into a status with google.rpc details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class Kind(Enum):
    """What sort of refusal; the gRPC code stands beside each."""

    INVALID = auto()  # INVALID_ARGUMENT: the request is wrong whatever the state
    NOT_FOUND = auto()  # NOT_FOUND: what it names does not exist, or not for this caller
    ALREADY_EXISTS = auto()  # ALREADY_EXISTS: what it would create is there
    FORBIDDEN = auto()  # PERMISSION_DENIED: the caller may not
    UNAUTHENTICATED = auto()  # UNAUTHENTICATED: the caller is not known, or cannot prove who it is
    NOT_NOW = auto()  # FAILED_PRECONDITION: the present state does not allow it
    CONFLICT = auto()  # ABORTED: others were faster; try again
    BUSY = auto()  # RESOURCE_EXHAUSTED: a limit was reached; retry_after says when to come back
    UNAVAILABLE = auto()  # UNAVAILABLE: not ready, or going down; try again
    TOO_LATE = auto()  # DEADLINE_EXCEEDED: the call's time was over first


@dataclass(frozen=True)
class Violation:
    """One field at fault."""

    field: str  # path in the request: "recipients[2]"
    reason: str  # stable, UPPER_SNAKE
    en: str  # what is wrong with it and the remedy
    vi: str


class Refusal(Exception):
    """A request that cannot be granted; `kind`, `reason`, `en`, `vi`, `violations`, `metadata`, `retry_after`."""

    def __init__(
        self,
        kind: Kind,
        reason: str,
        *,
        en: str,
        vi: str,
        field: str = "",
        violations: Sequence[Violation] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{reason}: {en}")
        self.kind = kind
        self.reason = reason
        self.en = en
        self.vi = vi
        self.violations = tuple(violations) or ((Violation(field, reason, en, vi),) if field else ())
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after
