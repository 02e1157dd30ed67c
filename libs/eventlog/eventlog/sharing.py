"""Dividing the partitions of a log among the feeds of one name, in however many processes, by leases.

Invariants:

1. A partition's lease has one holder at a time. A feed gives a partition up only between two polls, when its follower
   has taken what it was given, so partitions change hands without work being done twice.
2. With n members alive, in order of their names, the first `partitions % n` may hold `partitions // n` + 1, the others
   `partitions // n`: together all. Who holds more gives up, who holds less takes what is free. So however the members
   come and go, when they stay for a while each partition has a holder, and nobody holds more than his part.
3. Nobody's correctness rests on it. A process that slept through the end of its leases goes on as if it had them, until
   it looks; the compare-and-set of the stored position lets it write nothing.

A member that died is out when its lease has run out; one that leaves drops its leases. The others see it when they
look, ten times in a lease.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from eventlog.errors import LeaseLost, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eventlog.lease import Lease

_log = logging.getLogger(__name__)
_LOOKS, _RENEWALS = 10, 3  # in the time of a lease


class Leases(Protocol):
    """What is asked of `eventlog.lease.Leases`. All methods raise StoreUnavailable."""

    seconds: float

    def take(self, name: str, holder: str) -> Lease | None:
        """Take a lease that is free, over, or this holder's own; None while another holds it."""

    def renew(self, lease: Lease) -> None:
        """Hold it longer; LeaseLost when another has it."""

    def drop(self, lease: Lease) -> None:
        """Let it go; nothing happens when another has it already."""

    def holders(self, prefix: str) -> Mapping[str, str]:
        """Return the holder of each lease that is held now and whose name begins so."""


class Sharing:
    """One process's part in all divisions. No two processes that run have the same `holder`."""

    def __init__(self, leases: Leases, holder: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._leases = leases
        self._holder = holder
        self._clock = clock  # seconds, only forward

    def join(self, group: str, partitions: int) -> Share:
        """Take part in dividing the partitions among the members of a group; one member a process and group."""
        return Share(self._leases, self._holder, f"share/{group}/", partitions, self._clock)


class Share:
    """The partitions that one member has. For one thread."""

    def __init__(self, leases: Leases, holder: str, prefix: str, partitions: int, clock: Callable[[], float]) -> None:
        self._leases = leases
        self._holder = holder
        self._prefix = prefix
        self._clock = clock
        self._names = {partition: f"{prefix}{partition}" for partition in range(partitions)}
        self._held: dict[int, Lease] = {}
        self._member: Lease | None = None
        self._look_at = self._renew_at = 0.0

    def look(self) -> dict[int, int]:
        """Return this member's partitions, each with its lease's epoch: a new one where it was lost and taken again.

        Renews, gives up and takes where it is time to.
        """
        now = self._clock()
        if now >= self._look_at:
            if now >= self._renew_at:
                self._renew()
                self._renew_at = now + self._leases.seconds / _RENEWALS
            self._divide()
            self._look_at = now + self._leases.seconds / _LOOKS
        return {partition: lease.epoch for partition, lease in self._held.items()}

    def rest(self) -> float:
        """Return how many seconds there are until it is time to look again."""
        return max(self._look_at - self._clock(), 0.0)

    def leave(self) -> None:
        """Let everything go; where the leases are away, they run out."""
        mine = [*self._held.values(), *([self._member] if self._member else [])]
        self._held.clear()
        self._member = None
        self._look_at = self._renew_at = 0.0
        try:
            for lease in mine:
                self._leases.drop(lease)
        except StoreUnavailable as error:
            _log.warning("%s leaves its leases on %s to run out: %s", self._holder, self._prefix, error)

    def _renew(self) -> None:
        if self._member is None or not self._still(self._member):
            self._member = self._leases.take(f"{self._prefix}member/{self._holder}", self._holder)
        self._held = {partition: lease for partition, lease in self._held.items() if self._still(lease)}

    def _still(self, lease: Lease) -> bool:
        try:
            self._leases.renew(lease)
        except LeaseLost:
            return False
        return True

    def _divide(self) -> None:
        holders = self._leases.holders(self._prefix)
        members = sorted({*holders.values(), self._holder})
        part, rest = divmod(len(self._names), len(members))
        part += members.index(self._holder) < rest
        for partition in sorted(self._held)[part:]:
            self._leases.drop(self._held.pop(partition))
        for partition, name in self._names.items():
            if partition in self._held or len(self._held) >= part:
                continue
            if holders.get(name, self._holder) == self._holder:  # its own: of a process of this name that was killed
                lease = self._leases.take(name, self._holder)
                if lease is not None:
                    self._held[partition] = lease
