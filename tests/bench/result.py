"""What a benchmark says: a number, beside the ceiling of the same run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One line of the table. `goal` begins with the column it is about unless that is the value."""

    name: str
    value: float
    unit: str
    ceiling: float | None = None  # what the machine gave in the same run without the platform
    ratio: float | None = None
    goal: str = ""  # empty: measured for its own sake
    met: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it with figures rounded to four digits."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def at_least(name: str, value: float, unit: str, goal: float, *, ceiling: float) -> Result:
    """State a value that should be no less than its goal."""
    return Result(name, value, unit, ceiling, value / ceiling, f">= {goal:g}", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float, *, ceiling: float | None = None) -> Result:
    """State a value that should be less than its goal, or no more."""
    ratio = None if ceiling is None else value / ceiling
    return Result(name, value, unit, ceiling, ratio, f"<= {goal:g}", value <= goal)


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
