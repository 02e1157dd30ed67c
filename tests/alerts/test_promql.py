"""Expressions are evaluated as Prometheus does it, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.promql import evaluate
from tests.alerts.recorded import Answer, Recorded, recordings
from tests.alerts.samples import NAME, Series

_PROVEN = [
    pytest.param(each, answer, id=f"{answer.expression} at {answer.at:g}s")
    for each in recordings(Path(__file__).with_name("evaluation.test.yaml"))
    for answer in each.answers
]


@pytest.mark.parametrize(("recorded", "answer"), _PROVEN)
def test_an_expression_gives_what_prometheus_says(recorded: Recorded, answer: Answer) -> None:
    assert evaluate(answer.expression, recorded.series, answer.at) == pytest.approx(answer.values)


@pytest.mark.parametrize(
    "expression",
    [
        "avg(x)",
        "quantile(0.5, x)",
        "x @ 5",
        "deriv(x[1m])",
        "max_over_time(x[5m:1m])",
        "-x",
        "x * on (a) group_left (b) x",
        "x * on (a) group_right () x",
    ],
)
def test_what_is_not_used_is_not_guessed_at(expression: str) -> None:
    with pytest.raises(NotImplementedError):
        evaluate(expression, [Series({NAME: "x", "a": "b"}, [(0.0, 1.0)])], 0.0)


def test_a_match_that_is_not_clear_is_refused() -> None:
    both = [Series({NAME: "x", "a": each}, [(0.0, 1.0)]) for each in ("b", "c")]
    with pytest.raises(ValueError, match="many-to-many"):
        evaluate("x > on () x", both, 0.0)
