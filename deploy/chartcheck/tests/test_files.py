"""The Dockerfile, skaffold.yaml and the alerts' runbooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from chartcheck.alerts import every_alert_has_a_runbook
from chartcheck.dockerfile import dockerfile_is_clean, every_rule_passed_over_has_a_reason
from chartcheck.skaffold import skaffold_builds_what_the_chart_runs

from .small_repository import rendered, small_repository

RULE = """
kind: PrometheusRule
metadata: {name: lienthong}
spec:
  groups:
    - rules:
        - alert: Down
          expr: up == 0
          labels: {severity: critical}
          annotations: {runbook_url: "https://example.vn/runbooks/service-down.md"}
        - {record: up:sum, expr: sum(up)}
"""


def test_hadolint_finds_a_rule_that_is_broken(tmp_path: Path) -> None:
    file = with_text(tmp_path, "FROM debian:latest\nRUN cd /tmp || exit 1\n")

    assert {finding.what.partition(":")[0] for finding in dockerfile_is_clean(file)} == {"DL3007", "DL3003"}


def test_a_rule_passed_over_with_a_reason_is_fine(tmp_path: Path) -> None:
    file = with_text(tmp_path, "# The newest is wanted.\n# hadolint ignore=DL3007\nFROM debian:latest\n")

    assert list(dockerfile_is_clean(file)) == []
    assert list(every_rule_passed_over_has_a_reason(file)) == []


@pytest.mark.parametrize("before", ["", "ARG A=1\n", "# why\n# hadolint ignore=DL3006\n"])
def test_a_rule_passed_over_without_a_reason_is_found(tmp_path: Path, before: str) -> None:
    file = with_text(tmp_path, f"{before}# hadolint ignore=DL3007\nFROM debian:latest\n")

    assert len(list(every_rule_passed_over_has_a_reason(file))) == 1


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("image: lienthong/identity", "image: lienthong/other", "does not build lienthong/identity"),
        ("SERVICE: identity", "SERVICE: docexchange", "SERVICE is docexchange"),
        ("docker/Dockerfile", "docker/Nofile", "Nofile is not there"),
        ("chartPath: charts/lienthong", "chartPath: charts/another", "deploys no chart that is there"),
        ("values-large.yaml", "values-huge.yaml", "values-huge.yaml is not there"),
    ],
)
def test_what_skaffold_does_not_do_is_found(tmp_path: Path, before: str, after: str, told: str) -> None:
    file = small_repository(tmp_path).root / "skaffold.yaml"
    whole = list(skaffold_builds_what_the_chart_runs(file, [rendered()]))
    file.write_text(file.read_text().replace(before, after))

    assert whole == []
    assert any(told in str(finding) for finding in skaffold_builds_what_the_chart_runs(file, [rendered()]))


def test_a_missing_skaffold_file_is_found(tmp_path: Path) -> None:
    [finding] = skaffold_builds_what_the_chart_runs(tmp_path / "skaffold.yaml", [])

    assert finding.what == "is missing"


def test_an_alert_with_a_page_passes(tmp_path: Path) -> None:
    (tmp_path / "service-down.md").touch()

    assert list(every_alert_has_a_runbook(rendered(RULE), tmp_path)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("service-down", "service-up", "its runbook service-up is not there"),
        ("runbook_url", "summary", "names no runbook"),
        ("severity", "team", "has no severity"),
    ],
)
def test_an_alert_that_leads_nowhere_is_found(tmp_path: Path, before: str, after: str, told: str) -> None:
    (tmp_path / "service-down.md").touch()

    [finding] = every_alert_has_a_runbook(rendered(RULE.replace(before, after)), tmp_path)

    assert (finding.where, told in finding.what) == ("PrometheusRule/lienthong Down", True)


def with_text(folder: Path, text: str) -> Path:
    file = folder / "Dockerfile"
    file.write_text(text)
    return file
