"""Label selectors, as Kubernetes evaluates them."""

from __future__ import annotations

from chartcheck.objects import Body


def selects(selector: Body | None, labels: Body) -> bool:
    """Tell whether it selects these labels; an empty selector selects all, none at all selects nothing."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _fits(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def _fits(expression: Body, labels: Body) -> bool:
    value = labels.get(expression["key"])
    among = value in (expression.get("values") or [])
    fits = {"In": among, "NotIn": not among, "Exists": value is not None, "DoesNotExist": value is None}
    return fits[expression["operator"]]
