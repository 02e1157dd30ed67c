"""PromQL's aggregations over labels, and the quantile of a histogram's buckets.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators, and
.../querying/functions/#histogram_quantile
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from tests.alerts.samples import Labels, Vector, only, without


def aggregate(op: str, inner: Vector, modifier: Any, parameter: float | None) -> Vector:
    """Return one value a group, or with topk and bottomk the first of each."""
    groups: dict[Labels, dict[Labels, float]] = {}
    for labels, value in inner.items():
        groups.setdefault(_group(labels, modifier), {})[labels] = value
    if op in _FIRST and parameter is not None:
        found = [_FIRST[op](int(parameter), group.items(), key=lambda each: each[1]) for group in groups.values()]
        return dict(each for group in found for each in group)
    if op not in _AGGREGATIONS or parameter is not None:
        raise NotImplementedError(op)
    return {labels: _AGGREGATIONS[op](list(group.values())) for labels, group in groups.items()}


def histogram_quantile(share: float, buckets: Vector) -> Vector:
    """Return the quantile of each histogram, linear within a bucket; NaN of one without a count."""
    histograms: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in buckets.items():
        bound = float(dict(labels)["le"])
        histograms.setdefault(without(labels, ["le"]), []).append((bound, value))
    return {labels: _quantile(share, sorted(each)) for labels, each in histograms.items()}


def _quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Given the buckets in order, each with the count up to its bound; not for bounds below zero."""
    total = buckets[-1][1]
    if len(buckets) < 2 or not total or not math.isinf(buckets[-1][0]):
        return math.nan
    rank = share * total
    index = next(i for i, (_, count) in enumerate(buckets) if count >= rank)
    if index == len(buckets) - 1:
        return buckets[-2][0]
    below, before = buckets[index - 1] if index else (0.0, 0.0)
    bound, count = buckets[index]
    return below + (bound - below) * (rank - before) / (count - before)


def _group(labels: Labels, modifier: Any) -> Labels:
    if modifier is None:
        return frozenset()
    if str(modifier.type).endswith("By"):
        return only(labels, modifier.labels)
    return without(labels, modifier.labels)


_FIRST: Final[dict[str, Callable[..., list[tuple[Labels, float]]]]] = {
    "topk": heapq.nlargest,
    "bottomk": heapq.nsmallest,
}
_AGGREGATIONS: Final[dict[str, Callable[[list[float]], float]]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
}
