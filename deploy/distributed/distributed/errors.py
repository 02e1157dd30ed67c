"""Why a distributed platform cannot start; each is one line for the operator.

DistributedError
├── EngineMissing   PostgreSQL or Kafka cannot be had
└── NotStarted      a service ended before it served
"""

from __future__ import annotations


class DistributedError(Exception):
    """A distributed platform cannot start."""


class EngineMissing(DistributedError):
    """An engine cannot be had here; `reason` says why."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine} cannot be had: {reason}")
        self.engine, self.reason = engine, reason


class NotStarted(DistributedError):
    """The process `name` does not run; `reason` is the last that it said."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} did not start: {reason}")
        self.name, self.reason = name, reason
