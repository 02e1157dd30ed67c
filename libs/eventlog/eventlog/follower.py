"""The follower: a named reader of a log that stores its position together with its effect.

Invariants, which the tests break in every way they can think of:

1. An effect is made once for each record, in order of position: the effect and the new position are one transaction,
   and the position moves only from where this follower had it (compare-and-set), so a zombie writes nothing.
2. Repeats are dropped; a gap stops the follower. It never skips.
3. A follower that stopped by an error says so (`failed`, the alarm) and is not quietly started again. What passes by
   itself is no reason to stop: a store that is away, and, where several processes share the partitions, that another
   one has moved a position or has a newer program. It then begins again from the stored positions, after a pause.

How it reads is one of two: SHARED, for who stores positions where the others of its name see them; WHOLE, for who keeps
its effect to itself and must see everything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eventlog import metering, tracing
from eventlog.errors import GapFound, LogError, PositionMoved, StoreUnavailable, Superseded
from eventlog.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.record import Recorded
    from eventlog.topic import Feed, Source

Positions = Callable[[], Mapping[int, int]]
_log = logging.getLogger(__name__)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds between tries while a store or topic is away


class Effect(Protocol):
    """What a follower does with records, and where it keeps its positions."""

    def positions(self) -> Mapping[int, int]:
        """Return for each partition to follow the next position wanted."""

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        """Make the effect of consecutive records and move the position from `position` to beyond the last.

        One transaction. Raises PositionMoved when the stored position is not `position`, and StoreUnavailable when
        nothing could be written: it is then called again with the same records.
        """


@dataclass(frozen=True)
class Reading:
    """How a follower opens its feed, and after which errors it begins again by itself."""

    open: Callable[[Source, str, Positions], Feed]
    passing: tuple[type[LogError], ...]


SHARED = Reading(
    lambda source, name, positions: source.share(name, positions), (StoreUnavailable, PositionMoved, Superseded)
)
WHOLE = Reading(lambda source, name, positions: source.subscribe(name, positions()), (StoreUnavailable,))


class Follower:
    """Drives an effect from a source in a thread of its own.

    `progress` tells how far the effect is known to have been made, by whichever follower of this name. `failed` is why
    it has stopped for good, `waits` why it cannot go on at the moment and will try again; None when all is well.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        effect: Effect,
        *,
        reading: Reading = SHARED,
        batch: int = 10_000,
        alarm: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self.name = name
        self.failed: BaseException | None = None
        self.waits: LogError | None = None
        self._source = source
        self._effect = effect
        self._reading = reading
        self._batch = batch
        self._alarm = alarm or _log_alarm
        self._stopping = threading.Event()
        self._feed: Feed | None = None
        self._pause = _SHORTEST_PAUSE
        self._next: dict[int, int] = {}
        self._under_way: tuple[int, int] | None = None  # a partition, and how many records of it
        self._left: Mapping[int, int] = {}  # the lag when it followed last
        self.progress = Progress([0] * source.partitions)
        self._thread = threading.Thread(target=self._run, name=f"follower-{name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        metering.followers.add(self)
        self._thread.start()

    @property
    def log(self) -> str:
        """The log followed."""
        return self._source.log

    def lag(self) -> Mapping[int, int]:
        """Return, for the partitions it is given, how many records are known and not dealt with; from any thread.

        While it does not follow: what was known when it last did.
        """
        feed, under_way = self._feed, self._under_way
        if feed is None:
            return self._left
        lag = dict(feed.lag())
        if under_way is not None:
            partition, count = under_way
            lag[partition] = lag.get(partition, 0) + count
        return lag

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the batch under way and end; to stop twice, or before the start, is allowed."""
        metering.followers.discard(self)
        self._stopping.set()
        feed = self._feed  # its thread may put it away meanwhile
        if feed is not None:
            feed.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except self._reading.passing as error:
                self.waits = error
                _log.warning("%s waits: %s", self.name, error)
                self._stopping.wait(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - a thread's last resort: tell, and stop for good
                self.failed = error
                self._alarm(self.name, error)
                return

    def _follow(self) -> None:
        self._positions()  # who cannot go on takes no partitions
        feed = self._feed = self._reading.open(self._source, self.name, self._positions)
        try:
            while not self._stopping.is_set():
                records = feed.poll(self._batch, 1.0)
                if records:
                    self._take(records)
                self._pause = _SHORTEST_PAUSE
                self.waits = None
        finally:
            self._left = self.lag()
            self._feed = self._under_way = None
            feed.close()

    def _positions(self) -> Mapping[int, int]:
        """Ask where the effect stands, and go on from there; in this follower's thread."""
        self._next = dict(self._effect.positions())
        for partition, position in self._next.items():
            self.progress.moved(partition, position)
        return dict(self._next)

    def _take(self, records: Sequence[Recorded]) -> None:
        partition = records[0].partition
        position = self._next[partition]
        fresh, gap = _continuing(records, position)
        if fresh:
            self._under_way = partition, len(fresh)
            named = self._source.measured
            with metering.processing(named), tracing.processed(named, self.name, fresh):
                self._effect.apply(partition, position, fresh)
            self._under_way = None
            self._next[partition] = position + len(fresh)
            self.progress.moved(partition, position + len(fresh))
        if gap is not None:
            raise GapFound(self._source.log, partition, position + len(fresh), gap)


def run_to_end(source: Source, effect: Effect, heads: Sequence[int], *, batch: int = 10_000) -> int:
    """Follow in the caller's thread up to `heads`; return how many records were applied. For rebuilds and audits."""
    wanted = {p: position for p, position in effect.positions().items() if position < heads[p]}
    feed = source.subscribe("run-to-end", wanted)
    count = 0
    try:
        while any(position < heads[partition] for partition, position in wanted.items()):
            records = feed.poll(batch, 1.0)
            if not records:
                time.sleep(0)
                continue
            partition = records[0].partition
            fresh, gap = _continuing(records, wanted[partition])
            if fresh:
                effect.apply(partition, wanted[partition], fresh)
                wanted[partition] += len(fresh)
                count += len(fresh)
            if gap is not None:
                raise GapFound(source.log, partition, wanted[partition], gap)
    finally:
        feed.close()
    return count


def _continuing(records: Sequence[Recorded], position: int) -> tuple[Sequence[Recorded], int | None]:
    """Return the records at `position`, `position` + 1 and so on, no repeats; and where a gap ends, if one came."""
    fresh = []
    for recorded in records:
        if recorded.position == position:
            fresh.append(recorded)
            position += 1
        elif recorded.position > position:
            return fresh, recorded.position
    return fresh, None


def _log_alarm(name: str, error: BaseException) -> None:
    kind = "stopped" if isinstance(error, LogError) else "failed"
    _log.error("follower %s %s: %s", name, kind, error, exc_info=not isinstance(error, LogError))
