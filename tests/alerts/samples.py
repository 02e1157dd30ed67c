"""Series of samples, and what an expression gives: a value for each set of labels."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

LOOKBACK: Final = 300.0  # seconds that a sample is good for
NAME: Final = "__name__"
Labels: TypeAlias = frozenset[tuple[str, str]]
Vector: TypeAlias = dict[Labels, float]
Sample: TypeAlias = tuple[float, float]  # seconds, value


@dataclass
class Series:
    """One series: its labels, the name among them; its samples in order; since when it is gone (stale), if it is."""

    labels: Mapping[str, str]
    samples: list[Sample]
    gone: Sequence[float] = field(default=())

    def within(self, start: float, end: float) -> list[Sample]:
        """Return the samples after `start`, up to `end`: ranges are open to the left, as in Prometheus 3."""
        return self.samples[bisect_right(self.samples, (start, _LAST)) : bisect_right(self.samples, (end, _LAST))]

    def at(self, moment: float) -> float | None:
        """Return the value at a moment; None where there is none, or no longer."""
        past = self.within(moment - LOOKBACK, moment)
        if not past or any(past[-1][0] < gone <= moment for gone in self.gone):
            return None
        return past[-1][1]


def nameless(labels: Labels) -> Labels:
    """Return labels without the metric's name."""
    return frozenset(each for each in labels if each[0] != NAME)


def only(labels: Labels, names: Sequence[str]) -> Labels:
    """Return those of the labels that are named."""
    return frozenset(each for each in labels if each[0] in names)


def without(labels: Labels, names: Sequence[str]) -> Labels:
    """Return the labels but for those named, and the metric's name."""
    return frozenset(each for each in labels if each[0] not in names and each[0] != NAME)


_LAST = float("inf")
