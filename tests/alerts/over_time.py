"""PromQL's functions of a range: what the samples of one series within it give, or None for nothing.

Each is given the samples, and where the range begins and ends, in seconds.
Source: https://prometheus.io/docs/prometheus/latest/querying/functions/
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final

from tests.alerts.samples import Sample

_NEAR: Final = 1.1  # intervals between samples: a range that ends within is taken to be covered


def _difference(samples: Sequence[Sample], start: float, end: float, *, counter: bool) -> float | None:
    """Extrapolate what was gained to the ends of the range, as Prometheus' `extrapolatedRate`."""
    if len(samples) < 2:
        return None
    gained = samples[-1][1] - samples[0][1]
    if counter:
        gained += sum(before for (_, before), (_, after) in itertools.pairwise(samples) if after < before)
    covered = samples[-1][0] - samples[0][0]
    step = covered / (len(samples) - 1)
    before, after = samples[0][0] - start, end - samples[-1][0]
    if before >= _NEAR * step:
        before = step / 2
    if counter and gained > 0 and samples[0][1] >= 0:
        before = min(before, covered * samples[0][1] / gained)  # a counter was never below zero
    if after >= _NEAR * step:
        after = step / 2
    return gained * (covered + before + after) / covered


def _increase(samples: Sequence[Sample], start: float, end: float) -> float | None:
    return _difference(samples, start, end, counter=True)


def _delta(samples: Sequence[Sample], start: float, end: float) -> float | None:
    return _difference(samples, start, end, counter=False)


def _rate(samples: Sequence[Sample], start: float, end: float) -> float | None:
    gained = _increase(samples, start, end)
    return None if gained is None else gained / (end - start)


def _changes(samples: Sequence[Sample], _start: float, _end: float) -> float | None:
    if not samples:
        return None
    return float(sum(before != after for (_, before), (_, after) in itertools.pairwise(samples)))


def _least(samples: Sequence[Sample], _start: float, _end: float) -> float | None:
    return min((value for _, value in samples), default=None)


def _most(samples: Sequence[Sample], _start: float, _end: float) -> float | None:
    return max((value for _, value in samples), default=None)


def _last(samples: Sequence[Sample], _start: float, _end: float) -> float | None:
    return samples[-1][1] if samples else None


FUNCTIONS: Final[dict[str, Callable[[Sequence[Sample], float, float], float | None]]] = {
    "rate": _rate,
    "increase": _increase,
    "delta": _delta,
    "changes": _changes,
    "min_over_time": _least,
    "max_over_time": _most,
    "last_over_time": _last,
}
KEEPS_NAME: Final = frozenset({"last_over_time"})
