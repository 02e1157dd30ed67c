"""Following up to given positions and not beyond, as often as asked, through one feed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from eventlog.errors import GapFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.follower import Effect
    from eventlog.record import Recorded
    from eventlog.topic import Feed, Source

_MOST_AHEAD = 50_000  # records kept back because they lie beyond the target


class CatchUp:
    """Brings an effect to given positions. For one thread."""

    def __init__(self, name: str, source: Source, effect: Effect, batch: int) -> None:
        self._name = name
        self._source = source
        self._effect = effect
        self._batch = batch
        self.positions = dict(effect.positions())
        self._ahead: dict[int, list[Recorded]] = {}
        self._feed: Feed | None = None

    def to(
        self,
        targets: Mapping[int, int],
        stopped: Callable[[], bool],
        moved: Callable[[], None] = lambda: None,
        within: float | None = None,
    ) -> bool:
        """Apply what lies before `targets`; False when `stopped`, or `within` seconds have gone, before the end.

        `moved` is called after each batch. Raises what the feed and the effect raise; GapFound where a position is
        missing.
        """
        end = None if within is None else time.monotonic() + within
        while behind := [p for p, position in self.positions.items() if position < targets[p]]:
            if stopped() or (end is not None and time.monotonic() > end):
                return False
            for partition in behind:
                self._take(partition, targets[partition])
            if any(self.positions[partition] < targets[partition] for partition in behind):
                self._poll(0.1 if end is None else 0.02)
            moved()
        return True

    def close(self) -> None:
        """Close the feed; what was kept back is read again by the next one."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None
        self._ahead.clear()

    def _take(self, partition: int, target: int) -> None:
        ahead = self._ahead.pop(partition, [])
        records = ahead[: target - self.positions[partition]]
        if records:
            self._effect.apply(partition, self.positions[partition], records)
            self.positions[partition] += len(records)
        if rest := ahead[len(records) :]:
            self._ahead[partition] = rest

    def _poll(self, timeout: float) -> None:
        if sum(map(len, self._ahead.values())) > _MOST_AHEAD:
            self.close()
        if self._feed is None:
            self._feed = self._source.subscribe(self._name, self.positions)
        records: Sequence[Recorded] = self._feed.poll(self._batch, timeout)
        if not records:
            return
        partition = records[0].partition
        ahead = self._ahead.setdefault(partition, [])
        wanted = self.positions[partition] + len(ahead)
        fresh = [record for record in records if record.position >= wanted]
        if fresh and fresh[0].position != wanted:
            raise GapFound(self._source.log, partition, wanted, fresh[0].position)
        ahead.extend(fresh)
