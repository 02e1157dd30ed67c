"""A rule file, evaluated as Prometheus does: what its recording rules add, and which of its alerts fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.alerts.promql import evaluate
from tests.alerts.recorded import Recorded, seconds
from tests.alerts.samples import NAME, Labels, Series, nameless


@dataclass(frozen=True)
class Rule:
    """One rule: an alert, or what is recorded under a name."""

    name: str
    expression: str
    lasting: float  # seconds for which an alert's expression must hold
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Rules:
    """All of a file; several alerts may have one name."""

    alerts: Sequence[Rule]
    recording: Sequence[Rule]


def read_rules(file: Path) -> Rules:
    """Read a rule file."""
    groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    every = [each for group in groups for each in group["rules"]]
    return Rules(
        [_rule("alert", each) for each in every if "alert" in each],
        [_rule("record", each) for each in every if "record" in each],
    )


def with_recording(rules: Rules, recorded: Recorded, until: float) -> list[Series]:
    """Return the samples, and what the recording rules make of them up to a moment."""
    series = list(recorded.series)
    for rule in rules.recording:
        if any(each.labels[NAME] in rule.expression for each in recorded.series):
            _record(rule, series, list(_moments(0.0, until, recorded.step)))
    return series


def firing(rules: Rules, name: str, series: Sequence[Series], step: float, at: float) -> frozenset[Labels]:
    """Return the alerts of a name that fire: their expression has held at every step for as long as the rule wants."""
    found: set[Labels] = set()
    for rule in rules.alerts:
        if rule.name == name and at >= rule.lasting:
            held = [_holding(rule, series, moment) for moment in _moments(at - rule.lasting, at, step)]
            found |= frozenset.intersection(*held)
    return frozenset(found)


def _holding(rule: Rule, series: Sequence[Series], at: float) -> frozenset[Labels]:
    own = frozenset(rule.labels.items())
    return frozenset(nameless(labels) | own for labels in evaluate(rule.expression, series, at))


def _record(rule: Rule, series: list[Series], moments: Sequence[float]) -> None:
    made: dict[Labels, Series] = {}
    for moment in moments:
        found = {nameless(labels): value for labels, value in evaluate(rule.expression, series, moment).items()}
        for labels, value in found.items():
            if labels not in made:
                made[labels] = Series({NAME: rule.name, **dict(labels)}, [])
                series.append(made[labels])
            made[labels].samples.append((moment, value))
        for labels in made.keys() - found.keys():
            made[labels].gone = [*made[labels].gone, moment]


def _moments(start: float, end: float, step: float) -> Iterator[float]:
    count = round((end - start) / step)
    yield from (end - step * back for back in range(count, -1, -1))


def _rule(kind: str, rule: Mapping[str, Any]) -> Rule:
    return Rule(rule[kind], rule["expr"], seconds(rule.get("for", "0s")), rule.get("labels", {}))
