"""How far something has got, and waiting for it, across threads and event loops.

Invariant: `reached(p, n)` ends only after `moved(p, m)` was called with m > n (or it was so from the start), whatever
thread moves and whichever loop waits.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Progress:
    """For each partition of a log, the next position: everything before it is done."""

    def __init__(self, positions: Sequence[int]) -> None:
        self._lock = threading.Condition()
        self._next = list(positions)
        self._waiting: list[tuple[int, int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    @property
    def positions(self) -> list[int]:
        """The next position of each partition, at this moment."""
        with self._lock:
            return list(self._next)

    def moved(self, partition: int, position: int) -> None:
        """Tell that everything before `position` is done; a smaller one than before is passed over."""
        with self._lock:
            if position <= self._next[partition]:
                return
            self._next[partition] = position
            self._lock.notify_all()
            if not self._waiting:
                return
            ready = [each for each in self._waiting if each[1] < self._next[each[0]]]
            if not ready:
                return
            self._waiting = [each for each in self._waiting if each[1] >= self._next[each[0]]]
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, _, loop, future in ready:
            by_loop.setdefault(loop, []).append(future)
        for loop, futures in by_loop.items():
            _call(loop, futures)

    async def reached(self, partition: int, position: int) -> None:
        """Wait until the record at `position` is done. Cancel it, or give it a timeout, to stop waiting."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if position < self._next[partition]:
                return
            future = loop.create_future()
            entry = (partition, position, loop, future)
            self._waiting.append(entry)
        try:
            await future
        finally:
            with self._lock:
                if entry in self._waiting:
                    self._waiting.remove(entry)

    def wait_beyond(
        self, positions: Mapping[int, int], timeout: float, unless: Callable[[], bool] = lambda: False
    ) -> bool:
        """Block until some partition named is beyond its position; tell whether one is. For threads.

        Ends early when `unless` comes true; whoever makes it true calls `wake` after it.
        """
        with self._lock:
            self._lock.wait_for(lambda: self._beyond(positions) or unless(), timeout)
            return self._beyond(positions)

    def wake(self) -> None:
        """Let threads in `wait_beyond` look at their `unless` again."""
        with self._lock:
            self._lock.notify_all()

    def _beyond(self, positions: Mapping[int, int]) -> bool:
        return any(self._next[partition] > position for partition, position in positions.items())


def _call(loop: asyncio.AbstractEventLoop, futures: list[asyncio.Future[None]]) -> None:
    def finish() -> None:
        for future in futures:
            if not future.done():
                future.set_result(None)

    try:
        loop.call_soon_threadsafe(finish)
    except RuntimeError:  # the loop has closed, and its waiters with it
        if not loop.is_closed():
            raise
