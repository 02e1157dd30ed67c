"""The PromQL that the alerts use, evaluated over samples: selectors, rate and its kin, aggregation, comparison, sets.

What the rules do not use is refused (NotImplementedError), never guessed at. The semantics are those of Prometheus:
staleness of five minutes, extrapolation in rate and increase as its `extrapolatedRate` has it.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/, .../functions/, .../operators/
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import promql_parser as ast

LOOKBACK: Final = 300.0  # seconds a sample is good for
NAME: Final = "__name__"
Labels: TypeAlias = frozenset[tuple[str, str]]
Vector: TypeAlias = dict[Labels, float]


@dataclass(frozen=True)
class Series:
    """One series: its labels, the name among them, and its samples as (seconds, value) in order."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[float, float]]


def evaluate(text: str, series: Sequence[Series], at: float) -> Vector:
    """Return what an expression gives at a moment, in seconds: labels to values."""
    found = _value(ast.parse(text), series, at)
    assert isinstance(found, dict), f"a vector is expected of: {text}"
    return found


def _value(node: Any, series: Sequence[Series], at: float) -> Vector | float:
    kind = type(node).__name__
    if kind not in _KINDS:
        raise NotImplementedError(kind)
    return _KINDS[kind](node, series, at)


def _number(node: Any, _series: Sequence[Series], _at: float) -> float:
    return float(node.val)


def _parens(node: Any, series: Sequence[Series], at: float) -> Vector | float:
    return _value(node.expr, series, at)


def _instant(node: Any, series: Sequence[Series], at: float) -> Vector:
    found: Vector = {}
    for each in _selected(node, series):
        past = [sample for sample in each.samples if at - LOOKBACK < sample[0] <= at]
        if past:
            found[frozenset(each.labels.items())] = past[-1][1]
    return found


def _selected(selector: Any, series: Sequence[Series]) -> Iterable[Series]:
    if selector.offset is not None or selector.at is not None:
        raise NotImplementedError("offset, @")
    wanted = [(each.name, str(each.op), each.value) for each in selector.matchers.matchers]
    if selector.name:
        wanted.append((NAME, "MatchOp.Equal", selector.name))
    return [each for each in series if all(_matches(each.labels.get(n, ""), op, v) for n, op, v in wanted)]


def _matches(value: str, op: str, wanted: str) -> bool:
    kind = op.rpartition(".")[2]
    if kind in {"Equal", "NotEqual"}:
        return (value == wanted) is (kind == "Equal")
    return bool(re.fullmatch(wanted, value)) is (kind == "Re")


def _call(node: Any, series: Sequence[Series], at: float) -> Vector | float:
    name, arguments = node.func.name, list(node.args)
    if name == "time":
        return at
    if name == "absent":
        return {} if _value(arguments[0], series, at) else {_absent(arguments[0]): 1.0}
    over = _OVER.get(name)
    if over is None:
        raise NotImplementedError(name)
    matrix = arguments[0]
    seconds = matrix.range.total_seconds()
    found: Vector = {}
    for each in _selected(matrix.vector_selector, series):
        within = [sample for sample in each.samples if at - seconds < sample[0] <= at]
        value = over(within, at - seconds, at)
        if value is not None:
            found[_without_name(each.labels)] = value
    return found


def _absent(selector: Any) -> Labels:
    return frozenset((each.name, each.value) for each in selector.matchers.matchers if str(each.op).endswith("Equal"))


def _without_name(labels: Mapping[str, str]) -> Labels:
    return frozenset((name, value) for name, value in labels.items() if name != NAME)


def _increase(samples: Sequence[tuple[float, float]], start: float, end: float) -> float | None:
    """Extrapolate to the ends of the range, half an interval at most, and never below zero."""
    if len(samples) < 2:
        return None
    gained = samples[-1][1] - samples[0][1]
    gained += sum(before for (_, before), (_, after) in itertools.pairwise(samples) if after < before)
    covered = samples[-1][0] - samples[0][0]
    step = covered / (len(samples) - 1)
    before, after = samples[0][0] - start, end - samples[-1][0]
    before = before if before < 1.1 * step else step / 2
    after = after if after < 1.1 * step else step / 2
    if gained > 0 and samples[0][1] >= 0:
        before = min(before, covered * samples[0][1] / gained)
    return gained * (covered + before + after) / covered


def _rate(samples: Sequence[tuple[float, float]], start: float, end: float) -> float | None:
    increase = _increase(samples, start, end)
    return None if increase is None else increase / (end - start)


def _least(samples: Sequence[tuple[float, float]], _start: float, _end: float) -> float | None:
    return min((value for _, value in samples), default=None)


def _aggregate(node: Any, series: Sequence[Series], at: float) -> Vector:
    if node.param is not None or node.modifier is None or "By" not in str(node.modifier.type):
        raise NotImplementedError(str(node))
    groups: dict[Labels, list[float]] = {}
    inner = _value(node.expr, series, at)
    assert isinstance(inner, dict)
    for labels, value in inner.items():
        kept = frozenset((name, each) for name, each in labels if name in node.modifier.labels)
        groups.setdefault(kept, []).append(value)
    combine = _AGGREGATIONS[str(node.op)]
    return {labels: combine(values) for labels, values in groups.items()}


def _binary(node: Any, series: Sequence[Series], at: float) -> Vector | float:
    if node.modifier is not None and _unusual(node.modifier):
        raise NotImplementedError(str(node.modifier))
    op = str(node.op)
    left, right = _value(node.lhs, series, at), _value(node.rhs, series, at)
    if op in _SETS:
        assert isinstance(left, dict)
        assert isinstance(right, dict)
        return _SETS[op](left, right)
    if isinstance(left, float) and isinstance(right, float):
        return float(_ARITHMETIC[op](left, right))
    return _joined(op, left, right)


def _unusual(modifier: Any) -> bool:
    return modifier.matching is not None or modifier.return_bool or modifier.group_labels is not None


def _joined(op: str, left: Vector | float, right: Vector | float) -> Vector:
    pairs: Iterable[tuple[Labels, float, float]]
    if isinstance(left, float):
        assert isinstance(right, dict)
        pairs = [(labels, left, value) for labels, value in right.items()]
    elif isinstance(right, float):
        pairs = [(labels, value, right) for labels, value in left.items()]
    else:
        others = {_nameless(labels): value for labels, value in right.items()}
        pairs = [(k, v, others[_nameless(k)]) for k, v in left.items() if _nameless(k) in others]
    if op in _COMPARISONS:
        of_vector = (lambda a, _b: a) if isinstance(left, dict) else (lambda _a, b: b)
        return {labels: of_vector(a, b) for labels, a, b in pairs if _COMPARISONS[op](a, b)}
    return {_nameless(labels): _ARITHMETIC[op](a, b) for labels, a, b in pairs}


def _nameless(labels: Labels) -> Labels:
    return frozenset(each for each in labels if each[0] != NAME)


def _both(left: Vector, right: Vector) -> Vector:
    others = {_nameless(labels) for labels in right}
    return {labels: value for labels, value in left.items() if _nameless(labels) in others}


def _either(left: Vector, right: Vector) -> Vector:
    own = {_nameless(labels) for labels in left}
    return {**left, **{labels: value for labels, value in right.items() if _nameless(labels) not in own}}


_KINDS: Final[dict[str, Callable[[Any, Sequence[Series], float], Vector | float]]] = {
    "NumberLiteral": _number,
    "ParenExpr": _parens,
    "VectorSelector": _instant,
    "Call": _call,
    "AggregateExpr": _aggregate,
    "BinaryExpr": _binary,
}
_OVER: Final = {"rate": _rate, "increase": _increase, "min_over_time": _least}
_AGGREGATIONS: Final[dict[str, Callable[[list[float]], float]]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.nan,
}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_SETS: Final[dict[str, Callable[[Vector, Vector], Vector]]] = {"and": _both, "or": _either}
