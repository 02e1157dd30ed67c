"""Measured values, handed to OpenTelemetry a little later.

To record a value takes the SDK some ten microseconds where its code is warm in the processor's caches, and several
times that in the middle of a call, where it is not. So a process that has chosen an SDK lets values wait: a thread
hands over what has gathered, and whoever collects metrics settles first, so that what is collected is whole.

Each value is handed over once; at the end of `deferred`, and at each `settle`, none is left behind.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram

_EVERY = 0.5  # seconds
_MOST = 100_000  # values that may wait, should the thread get no time at all; the oldest are dropped then

_waiting: deque[tuple[Histogram, float, Mapping[str, str]]] | None = None


def measure(histogram: Histogram, value: float, attributes: Mapping[str, str]) -> None:
    """Record a value, now or a little later; `attributes` must not change any more."""
    waiting = _waiting
    if waiting is None:
        histogram.record(value, attributes)
    else:
        waiting.append((histogram, value, attributes))


def settle() -> None:
    """Hand over what waits; from any thread."""
    if _waiting is not None:
        _hand_over(_waiting)


@contextmanager
def deferred() -> Iterator[None]:
    """Let values wait for as long as the block takes."""
    global _waiting  # noqa: PLW0603 - one for the process, as the API has one provider
    waiting: deque[tuple[Histogram, float, Mapping[str, str]]] = deque(maxlen=_MOST)
    ending = threading.Event()

    def run() -> None:
        while not ending.wait(_EVERY):
            _hand_over(waiting)

    thread = threading.Thread(target=run, name="measuring", daemon=True)
    thread.start()
    _waiting = waiting
    try:
        yield
    finally:
        _waiting = None
        ending.set()
        thread.join()
        _hand_over(waiting)


def _hand_over(waiting: deque[tuple[Histogram, float, Mapping[str, str]]]) -> None:
    while True:
        try:
            histogram, value, attributes = waiting.popleft()
        except IndexError:
            return
        histogram.record(value, attributes)
