"""Rules and samples go by the names that services, and the chart, give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from chartcheck.expressions import measured
from grpckit.telemetry.calls import SIGNATURE_FAILURES

from tests.alerts.recorded import recordings
from tests.alerts.samples import NAME, Series

_ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_EXAMPLES = sorted(_ROOT.glob("charts/lienthong/examples/*.yaml"))


def _sampled() -> list[Series]:
    files = (_HERE / "alerts.test.yaml", _HERE / "history.test.yaml")
    return [series for file in files for each in recordings(file) for series in each.series]


def test_samples_have_names_and_labels_of_what_is_measured() -> None:
    known = measured()
    for series in _sampled():
        labels = known[series.labels[NAME]]
        assert labels is None or series.labels.keys() <= labels, series.labels


def test_signatures_fail_in_the_samples_for_reasons_that_there_are() -> None:
    reasons = {each.labels["reason"] for each in _sampled() if "signature" in each.labels[NAME]}
    assert reasons
    assert reasons <= set(SIGNATURE_FAILURES)


def _objects(kind: str) -> list[Any]:
    texts = [each for file in _EXAMPLES for each in file.read_text(encoding="utf-8").split("\n---\n")]
    found = [yaml.safe_load(each) for each in texts if f"\nkind: {kind}\n" in each]
    assert found, f"no example of the chart has a {kind}"
    return found


def test_the_chart_gives_every_target_the_labels_that_the_alerts_select_by() -> None:
    for each in _objects("ServiceMonitor"):
        assert each["spec"]["jobLabel"] == "app.kubernetes.io/component"
        for endpoint in each["spec"]["endpoints"]:
            assert {"targetLabel": "platform", "replacement": "lienthong"} in endpoint["relabelings"]


def test_the_chart_brings_the_alerts_with_addresses_of_runbooks() -> None:
    for each in _objects("PrometheusRule"):
        alerts = [rule for group in each["spec"]["groups"] for rule in group["rules"] if "alert" in rule]
        assert len({rule["alert"] for rule in alerts}) == 6
        for rule in alerts:
            address = rule["annotations"]["runbook_url"]
            assert address.startswith("https://")
            assert (_ROOT / "docs/operations/runbooks" / address.rpartition("/")[2]).exists(), address


@pytest.mark.parametrize(
    "file", sorted((_ROOT / "docs/operations/runbooks").glob("*-*.md")), ids=lambda file: file.stem
)
def test_a_runbook_is_short_and_says_what_to_look_at_and_when_it_is_over(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for part in ("**Means:**", "**Wakes:**", "**First:**", "**Over**"):
        assert part in text, part
    assert len(text.splitlines()) <= 45
