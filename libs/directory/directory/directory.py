"""The directory: what is asked of it, at any moment, without waiting.

Invariants:

1. What it holds depends on the records taken, not on how the streams among them were interleaved: streams of
   different partitions come in no order to rely on, so each entry is folded from its own stream alone.
2. One thread takes records, any thread asks. Entries are frozen and replaced whole, so an answer never mixes two states
   of one agency or system; two questions may be answered from two moments.
3. No chain of successors or parents, not even one that ends in itself, keeps a question from being answered.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from grpckit.verifying import EnrolledKey

from directory.agencies import AGENCY_EVENTS, AgencyEntry, fold_agency
from directory.systems import SYSTEM_EVENTS, SystemEntry, fold_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventlog.record import Recorded

_NONE: frozenset[str] = frozenset()


class Directory:
    """Agencies by code, systems by id, keys by id; it is grpckit's `Keys`."""

    def __init__(self) -> None:
        self._agencies: dict[str, AgencyEntry] = {}
        self._systems: dict[str, SystemEntry] = {}
        self._system_of_key: dict[str, str] = {}
        self._children: dict[str, frozenset[str]] = {}
        self._merged_into: dict[str, frozenset[str]] = {}  # those merged directly into it

    def __iter__(self) -> Iterator[AgencyEntry]:
        """Iterate over the agencies known at this moment, in order of code."""
        known = self._agencies.copy()
        return (known[code] for code in sorted(known))

    def agency(self, code: str) -> AgencyEntry | None:
        """Return the agency with this code, which must be in its current form."""
        return self._agencies.get(code)

    def system(self, system: str) -> SystemEntry | None:
        """Return the system with this id."""
        return self._systems.get(system)

    def systems(self) -> tuple[SystemEntry, ...]:
        """Return the systems known at this moment, in order of id."""
        known = self._systems.copy()
        return tuple(known[system] for system in sorted(known))

    def find(self, key_id: str) -> EnrolledKey | None:
        """Return a key with what its system may do; see `grpckit.verifying.Keys`.

        None too while the system's agency is not known yet. An agency that was merged takes part no more than a
        suspended one, so its systems must be enrolled anew for the successor.
        """
        system = self._systems.get(self._system_of_key.get(key_id, ""))
        if system is None:
            return None
        agency = self._agencies.get(system.agency)
        if system.agency and agency is None:
            return None
        key = next(key for key in system.keys if key.id == key_id)
        return EnrolledKey(
            key_id=key_id,
            public_key=key.public_key,
            system=system.id,
            agency=system.agency,
            role=system.role,
            scopes=system.scopes,
            valid_until=key.valid_until,
            revoked=key.revoked,
            system_active=system.active,
            agency_active=agency is None or agency.active,
            certificate_names=system.certificate_names,
        )

    def holder(self, code: str) -> AgencyEntry | None:
        """Return the agency that holds the tasks of `code` now: itself, or the end of its chain of successors.

        None when the code, or a successor in the chain, is not known (yet). Mergers that run in a circle leave the
        tasks with the least code of the circle.
        """
        seen: list[str] = []
        entry = self._agencies.get(code)
        while entry is not None and entry.successor:
            if entry.code in seen:
                return self._agencies[min(seen[seen.index(entry.code) :])]
            seen.append(entry.code)
            entry = self._agencies.get(entry.successor)
        return entry

    def predecessors(self, code: str) -> frozenset[str]:
        """Return the codes of the agencies whose tasks went to this one, directly or through others."""
        found: set[str] = set()
        ahead = [code]
        while ahead:
            new = self._merged_into.get(ahead.pop(), _NONE) - found
            found |= new
            ahead.extend(new)
        return frozenset(found - {code})

    def children(self, code: str) -> tuple[str, ...]:
        """Return the codes directly under this one, in order; those at the top of the tree for the empty code."""
        return tuple(sorted(self._children.get(code, _NONE)))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the codes above this one, the nearest first."""
        found: list[str] = []
        entry = self._agencies.get(code)
        while entry is not None and entry.parent and entry.parent not in (code, *found):
            found.append(entry.parent)
            entry = self._agencies.get(entry.parent)
        return tuple(found)

    def take(self, recorded: Recorded) -> None:
        """Fold the next record of its stream; only the follower calls it. Events of other kinds are passed over."""
        if recorded.type_name in AGENCY_EVENTS:
            self._take_agency(recorded)
        elif recorded.type_name in SYSTEM_EVENTS:
            self._take_system(recorded)

    def _take_agency(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        before = self._agencies.get(event.code)
        after = fold_agency(before, recorded.stream, event)
        self._agencies[after.code] = after
        if before is None or before.parent != after.parent:
            self._children[after.parent] = self._children.get(after.parent, _NONE) | {after.code}
        if before is not None and before.parent != after.parent:
            self._children[before.parent] -= {after.code}
        if after.successor:
            self._merged_into[after.successor] = self._merged_into.get(after.successor, _NONE) | {after.code}

    def _take_system(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        recorded_at = recorded.record.recorded_at.ToDatetime(tzinfo=UTC)
        after = fold_system(self._systems.get(event.system), recorded.stream, event, recorded_at)
        self._systems[after.id] = after
        for key in after.keys:
            self._system_of_key[key.id] = after.id
