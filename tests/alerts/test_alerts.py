"""Each alert fires when it should, and is silent on a healthy platform."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.alerts.promql import NAME, Series, evaluate
from tests.alerts.recorded import Recorded, firing, recordings, rules

_ROOT = Path(__file__).resolve().parents[2]
_FILE = Path(__file__).with_name("alerts.test.yaml")
_RULES = rules(_ROOT / "charts/lienthong/rules/alerts.yaml")
_RECORDINGS = recordings(_FILE)
_STEP = 15.0


@pytest.mark.parametrize("recorded", _RECORDINGS, ids=[each.name for each in _RECORDINGS])
def test_the_alerts_say_of_recorded_samples_what_they_should(recorded: Recorded) -> None:
    for at, name, expected in recorded.expected:
        assert firing(_RULES[name], recorded.series, recorded.step, at) == expected, f"{name} at {at:g} s"


def test_each_alert_fires_once_at_least_and_is_seen_silent() -> None:
    fired = {name for each in _RECORDINGS for _, name, expected in each.expected if expected}
    silent = {name for each in _RECORDINGS for _, name, expected in each.expected if not expected}
    assert fired == silent == set(_RULES)
    assert len(_RULES) == 6


def test_promtool_agrees() -> None:
    promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; the same expressions were evaluated without it")
    ended = subprocess.run([promtool, "test", "rules", str(_FILE)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("x", 40.0),
        ("rate(x[1m])", 10 / 15),
        ("increase(x[1m])", 40.0),
        ("min_over_time(x[1m])", 10.0),
        ("sum by (a) (x) * 2 - 1", 79.0),
        ("x > 30 and x < 50", 40.0),
        ("y or x", 40.0),
        ("absent(y)", 1.0),
        ("x / x", 1.0),
        ("time() - x", 20.0),
    ],
)
def test_the_evaluation_is_that_of_prometheus(expression: str, value: float) -> None:
    """The values are those that `promtool test rules` finds for the series `x 0+10x4` at 1m, with a step of 15 s."""
    series = [Series({NAME: "x", "a": "b"}, [(index * _STEP, index * 10.0) for index in range(5)])]
    assert list(evaluate(expression, series, 60.0).values()) == [pytest.approx(value)]


@pytest.mark.parametrize("expression", ["x > 50", "x and y", 'x{a!="b"}', 'x{a=~"c|d"}', "rate(x[10s])", "absent(x)"])
def test_what_does_not_hold_gives_nothing(expression: str) -> None:
    series = [Series({NAME: "x", "a": "b"}, [(index * _STEP, index * 10.0) for index in range(5)])]
    assert evaluate(expression, series, 60.0) == {}


@pytest.mark.parametrize("expression", ["topk(1, x)", "x offset 5m", "x * on (a) y", "sum(x)", "max_over_time(x[1m])"])
def test_what_the_rules_do_not_use_is_not_guessed_at(expression: str) -> None:
    with pytest.raises(NotImplementedError):
        evaluate(expression, [Series({NAME: "x"}, [(0.0, 1.0)])], 0.0)
