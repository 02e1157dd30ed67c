"""Alerts and dashboards ask only for metrics that exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chartcheck.expressions import every_expression_asks_for_what_is_measured, measured
from chartcheck.finding import CannotCheck

GOOD = [
    'sum by (le) (rate(lienthong_append_duration_seconds_bucket{log="$log"}[$__rate_interval]))',
    "histogram_quantile(0.99, rate(rpc_server_call_duration_seconds_bucket[5m]))",
    "max_over_time(lienthong_relay_lag[1h:5m]) > 10 unless on (log) absent(up{job=~'${job:regex}'})",
]
BAD = [
    ("rate(lienthong_relay_lags[5m])", "nothing measures lienthong_relay_lags"),
    ("lienthong_append_duration_seconds", "nothing measures lienthong_append_duration_seconds"),
    ("up / on () kube_pod_nonsense", "nothing measures kube_pod_nonsense"),
    ('{job="x"}', "nothing measures a selector without a name"),
    ("lienthong_relay_lag{partiton='0'}", "lienthong_relay_lag has no label partiton"),
    ("sum(rate(up[5m])", "is no PromQL"),
]


@pytest.mark.parametrize("expression", GOOD)
def test_what_is_measured_may_be_asked_for(tmp_path: Path, expression: str) -> None:
    with_rule(tmp_path, expression)
    with_dashboard(tmp_path, {"panels": [{"title": "p", "targets": [{"expr": expression}]}]})

    assert found(tmp_path) == []


@pytest.mark.parametrize(("expression", "told"), BAD)
def test_what_nobody_measures_is_found_in_an_alert(tmp_path: Path, expression: str, told: str) -> None:
    with_rule(tmp_path, expression)

    [finding] = found(tmp_path)

    assert "alerts.yaml Down: " in finding
    assert told in finding


def test_panels_within_rows_are_read_too(tmp_path: Path) -> None:
    panel = {"title": "deep", "targets": [{"expr": "gone_total"}]}
    with_dashboard(tmp_path, {"panels": [{"title": "row", "panels": [panel]}]})

    assert "panel deep: nothing measures gone_total" in found(tmp_path)[0]


@pytest.mark.parametrize("query", ["label_values(gone_total, log)", {"query": "label_values(gone_total{a='b'}, log)"}])
def test_what_a_variable_asks_for_is_judged_too(tmp_path: Path, query: object) -> None:
    variables = [{"name": "log", "query": query}, {"name": "job", "query": "label_values(job)"}, {"name": "free"}]
    with_dashboard(tmp_path, {"templating": {"list": variables}})

    [finding] = found(tmp_path)

    assert "variable log: nothing measures gone_total" in finding


def test_a_dashboard_that_is_no_json_is_an_error(tmp_path: Path) -> None:
    with_dashboard(tmp_path, {})
    (tmp_path / "dashboards" / "up.json").write_text("{")

    with pytest.raises(CannotCheck, match=r"up\.json cannot be read"):
        found(tmp_path)


def test_a_histogram_is_asked_for_by_its_parts() -> None:
    names = measured()

    assert {"lienthong_append_batch_size_bucket", "lienthong_append_batch_size_sum", "lienthong_relay_lag"} <= set(
        names
    )
    assert "lienthong_append_batch_size" not in names


def with_rule(chart: Path, expression: str) -> None:
    (chart / "rules").mkdir()
    groups = [{"name": "lienthong", "rules": [{"alert": "Down", "expr": expression}]}]
    (chart / "rules" / "alerts.yaml").write_text(json.dumps({"groups": groups}))


def with_dashboard(chart: Path, dashboard: dict[str, object]) -> None:
    (chart / "dashboards").mkdir()
    (chart / "dashboards" / "up.json").write_text(json.dumps(dashboard))


def found(chart: Path) -> list[str]:
    return [str(finding) for finding in every_expression_asks_for_what_is_measured(chart)]
