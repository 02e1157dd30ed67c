"""Each panel asks what can be answered, and is answered on recorded samples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.promql import evaluate
from tests.alerts.recorded import Recorded, recordings
from tests.alerts.ruling import read_rules, with_recording
from tests.alerts.samples import Series

_ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_RULES = read_rules(_ROOT / "charts/lienthong/rules/alerts.yaml")
_FILES = sorted((_ROOT / "charts/lienthong/dashboards").glob("*.json"))
_PANELS = [
    pytest.param(panel, id=f"{file.stem}: {panel['title']}")
    for file in _FILES
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
]


def _at_its_end(recorded: Recorded) -> tuple[list[Series], float]:
    end = max([each.at for each in recorded.firings] + [each.at for each in recorded.answers])
    return with_recording(_RULES, recorded, end), end


@pytest.fixture(scope="module")
def recorded() -> list[tuple[list[Series], float]]:
    """Every recording with its end; the first is that of the healthy platform."""
    files = (_HERE / "alerts.test.yaml", _HERE / "history.test.yaml")
    return [_at_its_end(each) for file in files for each in recordings(file)]


@pytest.mark.parametrize("panel", _PANELS)
def test_a_panel_is_answered(panel: dict[str, Any], recorded: list[tuple[list[Series], float]]) -> None:
    """On the healthy platform; one that says something instead where it finds nothing, on some platform."""
    wanted = recorded if "noValue" in panel["fieldConfig"]["defaults"] else recorded[:1]
    for target in panel["targets"]:
        expression = target["expr"].replace("$namespace", "lt")
        assert any(evaluate(expression, series, end) for series, end in wanted)


@pytest.mark.parametrize("panel", _PANELS)
def test_a_panel_is_a_question_with_a_unit_and_an_explanation(panel: dict[str, Any]) -> None:
    assert panel["title"].endswith("?")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert len(panel["description"]) > 10
    assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_a_dashboard_can_be_given_to_any_grafana(file: Path) -> None:
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    assert dashboard["uid"] == f"lienthong-{file.stem}"
    assert "id" not in dashboard
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource", "namespace"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)


def test_there_are_four_and_they_are_what_their_description_says() -> None:
    assert [file.stem for file in _FILES] == ["attack", "late", "silent", "up"]
    made = subprocess.run(
        [sys.executable, _ROOT / "deploy/observability/dashboards.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
