"""The PromQL that rules and dashboards use, evaluated over samples.

What they do not use is refused (NotImplementedError), never guessed at. The semantics are those of Prometheus 3;
evaluation.test.yaml holds what Prometheus itself says of each construct.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import promql_parser as ast

from tests.alerts.combining import SETS, combine, combine_sets
from tests.alerts.grouping import aggregate, histogram_quantile
from tests.alerts.over_time import FUNCTIONS, KEEPS_NAME
from tests.alerts.samples import NAME, Labels, Series, Vector, nameless


def evaluate(text: str, series: Sequence[Series], at: float) -> Vector:
    """Return what an expression gives at a moment, in seconds: labels to values; a number has no labels."""
    found = _Evaluation(series, at).value(ast.parse(text))
    return {frozenset(): found} if isinstance(found, float) else found


class _Evaluation:
    def __init__(self, series: Sequence[Series], at: float) -> None:
        self._series = series
        self._at = at

    def value(self, node: Any) -> Vector | float:
        kind = type(node).__name__
        if kind not in _KINDS:
            raise NotImplementedError(kind)
        return _KINDS[kind](self, node)

    def vector(self, node: Any) -> Vector:
        found = self.value(node)
        assert isinstance(found, dict), "a vector is expected here"
        return found

    def number(self, node: Any) -> float:
        found = self.value(node)
        assert isinstance(found, float), "a number is expected here"
        return found

    def literal(self, node: Any) -> float:
        return float(node.val)

    def parens(self, node: Any) -> Vector | float:
        return self.value(node.expr)

    def instant(self, node: Any) -> Vector:
        moment = self._at - _offset(node)
        values = ((each, each.at(moment)) for each in self._selected(node))
        return {frozenset(each.labels.items()): value for each, value in values if value is not None}

    def call(self, node: Any) -> Vector | float:
        name, arguments = node.func.name, list(node.args)
        if name == "time":
            return self._at
        if name == "histogram_quantile":
            return histogram_quantile(self.number(arguments[0]), self.vector(arguments[1]))
        if name in {"sort", "sort_desc"}:
            return self.vector(arguments[0])
        if name == "absent_over_time":
            return {} if self._ranged("last_over_time", arguments[0]) else {_absent(arguments[0].vector_selector): 1.0}
        if name not in FUNCTIONS:
            raise NotImplementedError(name)
        return self._ranged(name, arguments[0])

    def aggregation(self, node: Any) -> Vector:
        parameter = None if node.param is None else self.number(node.param)
        return aggregate(str(node.op), self.vector(node.expr), node.modifier, parameter)

    def binary(self, node: Any) -> Vector | float:
        if str(node.op) in SETS:
            return combine_sets(str(node.op), self.vector(node.lhs), self.vector(node.rhs), node.modifier)
        return combine(str(node.op), self.value(node.lhs), self.value(node.rhs), node.modifier)

    def _ranged(self, name: str, matrix: Any) -> Vector:
        if not isinstance(matrix, ast.MatrixSelector):
            raise NotImplementedError("subqueries")
        end = self._at - _offset(matrix.vector_selector)
        start = end - matrix.range.total_seconds()
        found: Vector = {}
        for each in self._selected(matrix.vector_selector):
            value = FUNCTIONS[name](each.within(start, end), start, end)
            if value is not None:
                labels = frozenset(each.labels.items())
                found[labels if name in KEEPS_NAME else nameless(labels)] = value
        return found

    def _selected(self, selector: Any) -> list[Series]:
        if selector.at is not None:
            raise NotImplementedError("@")
        wanted = [(each.name, str(each.op), each.value) for each in selector.matchers.matchers]
        wanted.append((NAME, "MatchOp.Equal", selector.name))
        return [each for each in self._series if all(_matches(each.labels.get(n, ""), op, v) for n, op, v in wanted)]


def _offset(selector: Any) -> float:
    return 0.0 if selector.offset is None else float(selector.offset.total_seconds())


def _matches(value: str, op: str, wanted: str) -> bool:
    kind = op.rpartition(".")[2]
    if kind in {"Equal", "NotEqual"}:
        return (value == wanted) is (kind == "Equal")
    return bool(re.fullmatch(wanted, value)) is (kind == "Re")


def _absent(selector: Any) -> Labels:
    return frozenset((each.name, each.value) for each in selector.matchers.matchers if str(each.op) == "MatchOp.Equal")


_KINDS: Final[dict[str, Callable[[_Evaluation, Any], Vector | float]]] = {
    "NumberLiteral": _Evaluation.literal,
    "ParenExpr": _Evaluation.parens,
    "VectorSelector": _Evaluation.instant,
    "Call": _Evaluation.call,
    "AggregateExpr": _Evaluation.aggregation,
    "BinaryExpr": _Evaluation.binary,
}
