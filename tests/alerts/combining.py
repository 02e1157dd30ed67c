"""PromQL's operators between vectors: arithmetic, comparison and sets, matched by labels.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.alerts.samples import Labels, Vector, nameless, only, without

SETS: Final = frozenset({"and", "or", "unless"})


def combine(op: str, left: Vector | float, right: Vector | float, modifier: Any) -> Vector | float:
    """Return what an operator gives; refuses what is matched in a way not known here."""
    if isinstance(left, float) and isinstance(right, float):
        return float(_ARITHMETIC[op](left, right))
    kept: Vector = {}
    for labels, pair in _pairs(left, right, modifier):
        if op in _ARITHMETIC:
            kept[nameless(labels)] = _ARITHMETIC[op](*pair)
        elif modifier is not None and modifier.return_bool:
            kept[nameless(labels)] = float(_COMPARISONS[op](*pair))
        elif _COMPARISONS[op](*pair):
            kept[labels] = pair[0] if isinstance(left, dict) else pair[1]
    return kept


def combine_sets(op: str, left: Vector, right: Vector, modifier: Any) -> Vector:
    """Return what a set operator gives."""
    key = _key(modifier)
    others, own = {key(labels) for labels in right}, {key(labels) for labels in left}
    if op == "or":
        return left | {labels: value for labels, value in right.items() if key(labels) not in own}
    return {labels: value for labels, value in left.items() if (key(labels) in others) is (op == "and")}


def _pairs(left: Vector | float, right: Vector | float, modifier: Any) -> Iterator[tuple[Labels, tuple[float, float]]]:
    if isinstance(left, float):
        assert isinstance(right, dict)
        yield from ((labels, (left, value)) for labels, value in right.items())
    elif isinstance(right, float):
        yield from ((labels, (value, right)) for labels, value in left.items())
    else:
        yield from _matched(left, right, modifier)


def _matched(left: Vector, right: Vector, modifier: Any) -> Iterator[tuple[Labels, tuple[float, float]]]:
    """Give each of the left with the one of the right that matches: one to one, or many to one with `group_left ()`."""
    many = modifier is not None and str(modifier.card).endswith("ManyToOne")
    if modifier is not None and (modifier.group_labels or str(modifier.card).endswith("OneToMany")):
        raise NotImplementedError(str(modifier.group_labels))
    key = _key(modifier)
    ones = {key(labels): value for labels, value in right.items()}
    matching = [(labels, value) for labels, value in left.items() if key(labels) in ones]
    if len(ones) < len(right) or (not many and len({key(labels) for labels, _ in matching}) < len(matching)):
        raise ValueError("many-to-many matching: Prometheus refuses it too")
    for labels, value in matching:
        yield labels if many else _left_of(labels, modifier), (value, ones[key(labels)])


def _left_of(labels: Labels, modifier: Any) -> Labels:
    """Return what one-to-one matching leaves of labels: what it matched by."""
    if modifier is None or modifier.matching is None:
        return labels
    if str(modifier.matching.type).endswith("Include"):
        return only(labels, modifier.matching.labels)
    return frozenset(each for each in labels if each[0] not in modifier.matching.labels)


def _key(modifier: Any) -> Callable[[Labels], Labels]:
    matching = None if modifier is None else modifier.matching
    if matching is None:
        return nameless
    if str(matching.type).endswith("Include"):
        return lambda labels: only(labels, matching.labels)
    return lambda labels: without(labels, matching.labels)


def _divided(a: float, b: float) -> float:
    if b:
        return a / b
    return math.copysign(math.inf, a) if a else math.nan


_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
