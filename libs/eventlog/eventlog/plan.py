"""What a batch of appends does to a log: the heart of every SQL store, without any SQL.

Invariant: given the true heads, versions and requests under the store's lock, the records planned continue every
partition and every stream without a gap, and each append is answered by itself. `plan` is pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventlog.errors import Conflict, Refused, RequestReused
from eventlog.partition import partition_of
from eventlog.record import seal
from eventlog.store import Appended

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.record import Recorded
    from eventlog.store import Append, Request


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a partition: its size, and when its last record was made, in microseconds since 1970."""

    size: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request made: `count` records of a partition, from `position` on."""

    request: Request
    partition: int
    position: int
    count: int


@dataclass(slots=True)
class Plan:
    """What to write, and what to answer."""

    answers: list[Appended | Refused | Answered] = field(default_factory=list)  # Answered: to be read
    records: list[Recorded] = field(default_factory=list)
    requests: list[Answered] = field(default_factory=list)
    heads: dict[int, Head] = field(default_factory=dict)  # only those that moved


class Planner:
    """Plans one batch; `heads`, `versions` and `seen` are what the store holds, read under its lock."""

    def __init__(self, log: str, partitions: int, heads: Sequence[Head], now: Callable[[], int]) -> None:
        self._log = log
        self._partitions = partitions
        self._heads = heads
        self._now = now

    def plan(self, batch: Sequence[Append], versions: Mapping[str, int], seen: Mapping[str, Answered]) -> Plan:
        """Answer each append in order; those before it count."""
        plan = Plan()
        latest = dict(versions)
        made: dict[str, tuple[Request, Appended]] = {}
        for append in batch:
            plan.answers.append(
                self._earlier(append, seen, made)
                or self._conflict(append, latest)
                or self._make(append, latest, made, plan)
            )
        return plan

    @staticmethod
    def _earlier(
        append: Append, seen: Mapping[str, Answered], made: Mapping[str, tuple[Request, Appended]]
    ) -> Appended | Refused | Answered | None:
        request = append.request
        if request is None:
            return None
        if request.id in seen:
            answered = seen[request.id]
            return answered if answered.request == request else RequestReused(request.id)
        if request.id in made:
            first, appended = made[request.id]
            return Appended(appended.records, repeated=True) if first == request else RequestReused(request.id)
        return None

    @staticmethod
    def _conflict(append: Append, latest: Mapping[str, int]) -> Refused | None:
        actual = latest.get(append.stream, 0)
        if actual != append.expected_version:
            return Conflict(append.stream, append.expected_version, actual)
        return None

    def _make(
        self,
        append: Append,
        latest: dict[str, int],
        made: dict[str, tuple[Request, Appended]],
        plan: Plan,
    ) -> Appended:
        partition = partition_of(append.stream, self._partitions)
        head = plan.heads.get(partition) or self._heads[partition]
        micros = max(self._now(), head.micros)
        records = [
            seal(
                self._log,
                partition,
                head.size + index,
                append.stream,
                append.expected_version + 1 + index,
                micros,
                event,
            )
            for index, event in enumerate(append.events)
        ]
        latest[append.stream] = append.expected_version + len(records)
        plan.heads[partition] = Head(head.size + len(records), micros)
        plan.records += records
        appended = Appended(records)
        if append.request is not None:
            made[append.request.id] = (append.request, appended)
            plan.requests.append(Answered(append.request, partition, head.size, len(records)))
        return appended
