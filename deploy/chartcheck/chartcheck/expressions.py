"""PromQL of the alerts and dashboards: it must parse, and ask only for metrics that exist (metrics.txt)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from chartcheck.finding import CannotCheck, Finding
from chartcheck.loading import documents

_NAMES = Path(__file__).with_name("metrics.txt")
_MEASURED = re.compile(r"^([\w:]+)(?:\{([\w,]+)\})?(?: (histogram))?$", re.MULTILINE)
_PARTS = ("_bucket", "_count", "_sum")
_OF_EVERY_SCRAPE = frozenset(
    ("__name__", "container", "endpoint", "instance", "job", "le", "namespace", "platform", "pod", "service")
)
_OWN_DURATION = re.compile(r"\$\{?__(rate_interval|interval|range)(_ms|_s)?\}?")
_VARIABLE = re.compile(r"\$\{?\w+(:\w+)?\}?|\[\[\w+\]\]")
_ASKED = re.compile(r"^\s*label_values\(\s*(?:(.+),)?\s*[\w$]+\s*\)\s*$|^\s*query_result\((.+)\)\s*$", re.DOTALL)


@dataclass(frozen=True)
class Expression:
    """One query, and where it stands."""

    where: str
    text: str


def every_expression_asks_for_what_is_measured(chart: Path) -> Iterator[Finding]:
    """Give what does not parse, and the metrics that nobody exports."""
    known = measured()
    for expression in [*_of_rules(chart / "rules"), *_of_dashboards(chart / "dashboards")]:
        try:
            parsed = promql_parser.parse(_with_values(expression.text))
        except ValueError as error:
            yield Finding(expression.where, f"is no PromQL: {error}: {' '.join(expression.text.split())}", "Mend it")
            continue
        for wrong in dict.fromkeys(_wrong(it, known) for it in _selectors(parsed)):
            if wrong:
                yield Finding(expression.where, wrong, f"Ask for what {_NAMES.name} has")


def measured() -> dict[str, frozenset[str] | None]:
    """Give all names that may be asked for, with their labels; None where any may be."""
    return {
        name + part: frozenset(labels.split(",")) | _OF_EVERY_SCRAPE if labels else None
        for name, labels, histogram in _MEASURED.findall(_NAMES.read_text(encoding="utf-8"))
        for part in (_PARTS if histogram else ("",))
    }


def _wrong(selector: promql_parser.VectorSelector, known: dict[str, frozenset[str] | None]) -> str:
    name = selector.name or ""
    if name not in known:
        return f"nothing measures {name or 'a selector without a name'}"
    labels = known[name]
    strange = [] if labels is None else sorted({it.name for it in selector.matchers.matchers} - labels)
    return f"{name} has no label {strange[0]}" if strange else ""


def _selectors(expression: promql_parser.Expr) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(expression, visit)
    return found


def _with_values(text: str) -> str:
    """Put values in the place of Grafana's variables."""
    return _VARIABLE.sub("x", _OWN_DURATION.sub("5m", text))


def _of_rules(folder: Path) -> Iterator[Expression]:
    for file in sorted(folder.glob("*.yaml")):
        for whole in _read(file, documents):
            for group in (whole.get("spec") or whole).get("groups") or []:
                for rule in group["rules"]:
                    yield Expression(f"{file} {rule.get('alert') or rule.get('record')}", str(rule["expr"]))


def _of_dashboards(folder: Path) -> Iterator[Expression]:
    for file in sorted(folder.glob("*.json")):
        dashboard = _read(file, json.loads)
        for panel in _panels(dashboard):
            for target in panel.get("targets") or []:
                yield Expression(f"{file} panel {panel.get('title')}", str(target["expr"]))
        for variable in (dashboard.get("templating") or {}).get("list") or []:
            yield from _of_variable(file, variable)


def _panels(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in part.get("panels") or []:
        yield panel
        yield from _panels(panel)


def _of_variable(file: Path, variable: dict[str, Any]) -> Iterator[Expression]:
    query = variable.get("query")
    asked = _ASKED.match(query["query"] if isinstance(query, dict) else str(query or ""))
    text = asked and (asked[1] or asked[2])
    if text:
        yield Expression(f"{file} variable {variable.get('name')}", text)


def _read(file: Path, reader: Any) -> Any:
    try:
        return reader(file.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise CannotCheck(f"{file} cannot be read: {error}") from error
