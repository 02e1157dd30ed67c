"""When a client tries again: exponential back-off with full jitter, within the call's deadline.

Source: AIP-194; https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from decider.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `attempts` tries; pauses are drawn from 0 to `first` seconds, doubled each time up to `longest`."""

    attempts: int = 5
    first: float = 0.1
    longest: float = 2.0

    def pause(self, attempt: int, code: grpc.StatusCode, refusal: Refusal | None) -> float | None:
        """Return the seconds to wait before the try after number `attempt` (from 1); None to give up.

        Tried again: UNAVAILABLE, ABORTED, CANCELLED, which gRPC gives calls that arrive while a server ends (a caller
        that cancels its own call gets no status), and RESOURCE_EXHAUSTED where the server says when to come back.
        """
        if attempt >= self.attempts:
            return None
        least = refusal.retry_after.total_seconds() if refusal and refusal.retry_after else 0.0
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and not least:
            return None
        if code not in _AGAIN:
            return None
        jitter = random.uniform(0, min(self.first * 2 ** (attempt - 1), self.longest))  # noqa: S311 - no secret
        return least + jitter


NO_RETRIES = Retries(attempts=1)
_AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
