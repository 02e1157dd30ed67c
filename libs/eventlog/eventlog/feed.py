"""A source over anything that can be read by position: a service's own store, or the local topic.

It polls nothing: `Progress` tells when there is something to read. Where another process may write too (two replicas
on one database), `recheck` seconds without news make it look by itself.

A reader that has caught up rests after each batch for four times as long as it worked on it, a moment at most. A batch
costs a transaction whatever its size: under load the next one then holds many commits, and the machine is the
commands'. A lone record is not held up: by the time it comes, the rest after the one before it has passed.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from eventlog.progress import Progress
    from eventlog.record import Recorded
    from eventlog.sharing import Share, Sharing
    from eventlog.topic import Feed


_REST = 4.0  # times the work on the batch before
_LONGEST_REST = 0.05  # seconds


class Readable(Protocol):
    """What can be read by position."""

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records in order, from `position` on; empty at the head."""


class PositionSource:
    """A Source that reads by position, and sleeps on `progress` while there is nothing.

    `sharing` divides its partitions among processes; without it this process is the only one, and has them all.
    `measured` is under what the work on its records is measured; without it as that on a service's own log.
    """

    def __init__(
        self,
        log: str,
        partitions: int,
        readable: Readable,
        progress: Progress,
        recheck: float = 1.0,
        sharing: Sharing | None = None,
        measured: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self.partitions = partitions
        self.measured: Mapping[str, str] = measured or {"messaging.system": "store", "messaging.destination.name": log}
        self._readable = readable
        self._progress = progress
        self._recheck = recheck
        self._sharing = sharing

    def subscribe(self, name: str, from_positions: Mapping[int, int]) -> PositionFeed:  # noqa: ARG002
        """Open a feed."""
        return PositionFeed(self._readable, self._progress, from_positions, self._recheck)

    def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> Feed:
        """See `eventlog.topic.Source.share`."""
        if self._sharing is None:
            return self.subscribe(name, positions())
        share = self._sharing.join(f"{name}/{self.log}", self.partitions)
        return SharedFeed(self.subscribe(name, {}), share, positions)


class PositionFeed:
    """The feed of a PositionSource; partitions take turns."""

    def __init__(self, readable: Readable, progress: Progress, positions: Mapping[int, int], recheck: float) -> None:
        self._readable = readable
        self._progress = progress
        self._recheck = recheck
        self._next = dict(positions)
        self._turn = list(positions)
        self._woken = threading.Event()
        self._given: float | None = None  # when a batch was given that was less than asked for

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        """Return what the next partition in turn has; wait for news when none has anything."""
        end = time.monotonic() + timeout
        self._rest()
        records = self._poll(limit, end)
        self._given = time.monotonic() if 0 < len(records) < limit else None
        return records

    def _poll(self, limit: int, end: float) -> Sequence[Recorded]:
        while not self._woken.is_set():
            known = self._progress.positions
            records = self._read(limit, known)
            left = end - time.monotonic()
            if records or left <= 0:
                return records
            if not self._progress.wait_beyond(self._next, min(left, self._recheck), self._woken.is_set):
                records = self._read(limit, None)
                if records:
                    return records
        self._woken.clear()
        return ()

    def begin(self, positions: Mapping[int, int]) -> None:
        """Give these partitions too, from these positions on. Between two polls."""
        self._next.update(positions)
        self._turn += [partition for partition in positions if partition not in self._turn]

    def leave(self, partitions: Collection[int]) -> None:
        """Give nothing more of these partitions. Between two polls."""
        for partition in partitions:
            del self._next[partition]
            self._turn.remove(partition)

    def lag(self) -> Mapping[int, int]:
        """See `eventlog.topic.Feed.lag`."""
        known, given = self._progress.positions, self._next.copy()
        return {partition: max(known[partition] - position, 0) for partition, position in given.items()}

    def wake(self) -> None:
        """End a running poll."""
        self._woken.set()
        self._progress.wake()

    def close(self) -> None:
        """Nothing is held."""

    def _rest(self) -> None:
        if self._given is not None:
            self._woken.wait(min((time.monotonic() - self._given) * _REST, _LONGEST_REST))

    def _read(self, limit: int, known: Sequence[int] | None) -> Sequence[Recorded]:
        for _ in range(len(self._turn)):
            partition = self._turn.pop(0)
            self._turn.append(partition)
            position = self._next[partition]
            if known is not None and known[partition] <= position:
                continue
            records = self._readable.read(partition, position, limit)
            if records:
                self._next[partition] = records[-1].position + 1
                return records
        return ()


class SharedFeed:
    """A feed of those partitions that its share has at the moment."""

    def __init__(self, feed: PositionFeed, share: Share, positions: Callable[[], Mapping[int, int]]) -> None:
        self._feed = feed
        self._share = share
        self._positions = positions
        self._has: Mapping[int, int] = {}

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        """Look after the share when it is time, then give what comes; StoreUnavailable where the leases are away."""
        now = self._share.look()
        if now != self._has:
            self._feed.leave([partition for partition in self._has if self._has[partition] != now.get(partition)])
            gained = [partition for partition in now if now[partition] != self._has.get(partition)]
            found = self._positions() if gained else {}
            self._feed.begin({partition: found[partition] for partition in gained})
            self._has = now
        return self._feed.poll(limit, min(timeout, self._share.rest()))

    def lag(self) -> Mapping[int, int]:
        """See `eventlog.topic.Feed.lag`."""
        return self._feed.lag()

    def wake(self) -> None:
        """End a running poll."""
        self._feed.wake()

    def close(self) -> None:
        """Let the others have the partitions at once."""
        self._share.leave()
