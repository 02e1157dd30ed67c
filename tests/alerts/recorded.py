"""A file of `promtool test rules`: recorded samples, and what the alerts must say of them.

Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.alerts.promql import NAME, Labels, Series, evaluate

_SERIES = re.compile(r"(\w+)\{(.*)\}")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_RUN = re.compile(r"(-?[\d.]+)(?:([+-][\d.]+))?x(\d+)|(-?[\d.]+)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Rule:
    """An alert."""

    name: str
    expression: str
    lasting: float  # seconds for which the expression must hold
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Recorded:
    """Samples, and the alerts that fire at certain seconds: their labels, without the alert's name."""

    name: str
    step: float
    series: Sequence[Series]
    expected: Sequence[tuple[float, str, frozenset[Labels]]]


def rules(file: Path) -> dict[str, Rule]:
    """Read the alerts of a rule file."""
    groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    return {
        each["alert"]: Rule(each["alert"], each["expr"], seconds(each.get("for", "0s")), each.get("labels", {}))
        for group in groups
        for each in group["rules"]
    }


def recordings(file: Path) -> list[Recorded]:
    """Read the tests of a test file."""
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [_recorded(each) for each in whole["tests"]]


def firing(rule: Rule, series: Sequence[Series], step: float, at: float) -> frozenset[Labels]:
    """Return the alerts that fire at a moment: the expression has held at every step for as long as the rule wants."""
    since: dict[Labels, float] = {}
    moment = 0.0
    while moment <= at:
        holds = {_labels(rule, labels) for labels in evaluate(rule.expression, series, moment)}
        since = {labels: since.get(labels, moment) for labels in holds}
        moment += step
    return frozenset(labels for labels, begun in since.items() if moment - step - begun >= rule.lasting)


def seconds(text: str) -> float:
    """Read a duration of one unit: 15s, 2m."""
    return float(text[:-1]) * _UNITS[text[-1]]


def _labels(rule: Rule, labels: Labels) -> Labels:
    return frozenset((name, value) for name, value in labels if name != NAME) | frozenset(rule.labels.items())


def _recorded(test: Mapping[str, Any]) -> Recorded:
    step = seconds(test["interval"])
    series = [_series(each["series"], each["values"], step) for each in test["input_series"]]
    expected = [
        (
            seconds(each["eval_time"]),
            each["alertname"],
            frozenset(frozenset(alert["exp_labels"].items()) for alert in each.get("exp_alerts", [])),
        )
        for each in test["alert_rule_test"]
    ]
    return Recorded(test["name"], step, series, expected)


def _series(text: str, values: str, step: float) -> Series:
    found = _SERIES.fullmatch(text)
    assert found is not None, text
    labels = {NAME: found[1], **dict(_LABEL.findall(found[2]))}
    return Series(labels, [(index * step, value) for index, value in enumerate(_values(values))])


def _values(text: str) -> Iterator[float]:
    for part in text.split():
        run = _RUN.fullmatch(part)
        assert run is not None, part
        if run[4] is not None:
            yield float(run[4])
            continue
        first, more, times = float(run[1]), float(run[2] or 0), int(run[3])
        yield from (first + more * index for index in range(times + 1))
