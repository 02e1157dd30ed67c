"""Each alert fires when it should, and is silent on a healthy platform."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.alerts.promql import evaluate
from tests.alerts.recorded import Recorded, recordings
from tests.alerts.ruling import firing, read_rules, with_recording

_ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_RULES = read_rules(_ROOT / "charts/lienthong/rules/alerts.yaml")
_FILES = sorted(_HERE.glob("*.test.yaml"))
_RECORDINGS = [each for file in _FILES if file.stem != "evaluation.test" for each in recordings(file)]
_NAMES = {each.name for each in _RULES.alerts}


@pytest.mark.parametrize("recorded", _RECORDINGS, ids=[each.name for each in _RECORDINGS])
def test_the_rules_say_of_recorded_samples_what_they_should(recorded: Recorded) -> None:
    for each in recorded.firings:
        fires = firing(_RULES, each.alert, recorded.series, recorded.step, each.at)
        assert fires == each.labels, f"{each.alert} at {each.at:g} s"
    for answer in recorded.answers:
        series = with_recording(_RULES, recorded, answer.at)
        assert evaluate(answer.expression, series, answer.at) == pytest.approx(answer.values), answer.expression


def test_each_rule_fires_once_at_least_and_each_alert_is_silent_on_a_healthy_platform() -> None:
    fired = {
        (each.alert, dict(labels)["severity"]) for one in _RECORDINGS for each in one.firings for labels in each.labels
    }
    assert fired == {(each.name, each.labels["severity"]) for each in _RULES.alerts}
    silent = {each.alert for each in _RECORDINGS[0].firings if not each.labels}
    assert silent == _NAMES
    assert len(_NAMES) == 6


@pytest.mark.timeout(300)
def test_promtool_agrees() -> None:
    promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; the same expressions were evaluated without it")
    ended = subprocess.run([promtool, "test", "rules", *map(str, _FILES)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
