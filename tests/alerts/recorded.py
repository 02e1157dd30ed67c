"""A file of `promtool test rules`: recorded samples, and what alerts and expressions must say of them.

Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.alerts.samples import NAME, Labels, Series, Vector

_SERIES = re.compile(r"([\w:]*)(?:\{(.*)\})?")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_RUN = re.compile(r"(-?[\d.]+)(?:([+-][\d.]+))?x(\d+)|(-?[\d.]+)|(_)(?:x(\d+))?|(stale)")
_SPAN = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Firing:
    """The alerts of one name that fire at a moment: their labels."""

    at: float
    alert: str
    labels: frozenset[Labels]


@dataclass(frozen=True)
class Answer:
    """What an expression gives at a moment."""

    at: float
    expression: str
    values: Vector


@dataclass(frozen=True)
class Recorded:
    """One test: samples, and what must be said of them. Rules are evaluated every `step` seconds."""

    name: str
    step: float
    series: Sequence[Series]
    firings: Sequence[Firing]
    answers: Sequence[Answer]


def recordings(file: Path) -> list[Recorded]:
    """Read the tests of a file."""
    text = file.read_text(encoding="utf-8")
    whole = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - all text: else the values 0x10 would be a number
    step = seconds(whole["evaluation_interval"])
    return [
        Recorded(
            each.get("name", file.name),
            step,
            [_series(one["series"], one["values"], seconds(each["interval"])) for one in each["input_series"]],
            [_firing(one) for one in each.get("alert_rule_test", [])],
            [_answer(one) for one in each.get("promql_expr_test", [])],
        )
        for each in whole["tests"]
    ]


def seconds(text: str) -> float:
    """Read a duration: 15s, 1d12h."""
    return float(sum(int(count) * _UNITS[unit] for count, unit in _SPAN.findall(text)))


def _firing(test: Mapping[str, Any]) -> Firing:
    labels = (alert["exp_labels"].items() for alert in test.get("exp_alerts", []))
    return Firing(seconds(test["eval_time"]), test["alertname"], frozenset(map(frozenset, labels)))


def _answer(test: Mapping[str, Any]) -> Answer:
    values = {
        frozenset(_labels(each["labels"]).items()): float(each["value"].replace(".inf", "inf"))
        for each in test.get("exp_samples", [])
    }
    return Answer(seconds(test["eval_time"]), test["expr"], values)


def _series(text: str, values: str, step: float) -> Series:
    samples, gone = [], []
    for index, value in enumerate(_values(values)):
        if value == "stale":
            gone.append(index * step)
        elif value is not None:
            samples.append((index * step, float(value)))
    return Series(_labels(text), samples, gone)


def _labels(text: str) -> dict[str, str]:
    found = _SERIES.fullmatch(text)
    assert found is not None, text
    return ({NAME: found[1]} if found[1] else {}) | dict(_LABEL.findall(found[2] or ""))


def _values(text: str) -> Iterator[float | str | None]:
    """Read values: `1`, `0+10x3` (0 10 20 30), `_` for none, `_x3`, `stale`."""
    for part in text.split():
        run = _RUN.fullmatch(part)
        assert run is not None, part
        if run[1] is not None:
            first, more, times = float(run[1]), float(run[2] or 0), int(run[3])
            yield from (first + more * index for index in range(times + 1))
        elif run[5] is not None:
            yield from [None] * int(run[6] or 1)
        else:
            yield run[7] or float(run[4])
