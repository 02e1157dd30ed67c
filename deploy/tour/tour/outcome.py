"""What a day came to, as its players hand it over."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tour.plan import Status

if TYPE_CHECKING:
    from tour.board import Board


@dataclass
class Outcome:
    """Counts by name, statuses reported by number, median and 99th percentile of latency in milliseconds."""

    failures: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    statuses: Counter[Status] = field(default_factory=Counter)
    median: float = 0.0
    slow: float = 0.0

    @classmethod
    def of(cls, board: Board) -> Outcome:
        """Return what a board says at the end."""
        latencies = board.latencies
        return cls(board.failures, board.count, board.statuses, percentile(latencies, 50), percentile(latencies, 99))

    def packed(self) -> str:
        """Write it as one line."""
        return json.dumps(vars(self))

    @classmethod
    def unpacked(cls, text: str) -> Outcome:
        """Read what `packed` wrote."""
        said = json.loads(text)
        statuses: Counter[Status] = Counter()
        for status, number in said["statuses"].items():
            statuses[int(status)] = number  # type: ignore[index] # JSON has only texts for keys
        return cls(said["failures"], Counter(said["count"]), statuses, said["median"], said["slow"])


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile in milliseconds; 0 of none."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] * 1000
