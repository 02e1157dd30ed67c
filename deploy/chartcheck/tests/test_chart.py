"""Every values file is rendered with the settings that it still needs."""

from __future__ import annotations

from pathlib import Path

import helm_python
import pytest
from chartcheck.chart import cases, lint, over, render
from chartcheck.finding import CannotCheck, NotRendered

from .small_repository import small_repository


def test_a_values_file_is_laid_over_the_defaults_and_its_settings_over_it(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    [large, default] = cases(places.chart)
    with helm_python.Chart.load(places.chart) as chart:
        replicas = [render(chart, case).of_kind("Deployment")[0].spec["replicas"] for case in (large, default)]

    assert (large.name, default.name, replicas) == ("values-large", "values", [5, 2])


def test_a_variant_is_one_more_render_over_its_values_file(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    (places.examples / "values-large+few.settings.yaml").write_text("{key: given, replicas: 1}")

    assert [case.values["replicas"] for case in cases(places.chart) if case.name == "values-large+few"] == [1]


def test_a_variant_of_no_values_file_is_an_error(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    (places.examples / "values-huge.settings.yaml").touch()

    with pytest.raises(CannotCheck, match="belongs to no values file"):
        cases(places.chart)


def test_a_values_file_without_settings_is_an_error(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    (places.chart / "values-new.yaml").touch()

    with pytest.raises(CannotCheck, match=r"values-new\.settings\.yaml is missing"):
        cases(places.chart)


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "- 1\n", "a: 1\n---\nb: 2\n", "a: [\n"])
def test_a_values_file_that_is_no_mapping_is_an_error(tmp_path: Path, text: str) -> None:
    places = small_repository(tmp_path)
    (places.chart / "values-large.yaml").write_text(text)

    with pytest.raises(CannotCheck, match=r"values-large\.yaml"):
        cases(places.chart)


def test_an_unknown_key_is_refused_by_the_schema_of_the_values(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    (places.chart / "values-large.yaml").write_text("repliccas: 5\n")
    with helm_python.Chart.load(places.chart) as chart, pytest.raises(NotRendered, match="repliccas"):
        render(chart, cases(places.chart)[0])


def test_a_template_that_gives_no_yaml_is_an_error(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    (places.chart / "templates" / "bad.yaml").write_text("a: [{{ .Values.replicas }}\n")
    with (
        helm_python.Chart.load(places.chart) as chart,
        pytest.raises(NotRendered, match=r"templates/bad\.yaml gives no YAML"),
    ):
        render(chart, cases(places.chart)[0])


def test_lint_finds_what_helm_finds(tmp_path: Path) -> None:
    places = small_repository(tmp_path)
    [case, *_] = cases(places.chart)
    before = lint(places.chart, case)
    metadata = places.chart / "Chart.yaml"
    metadata.write_text(metadata.read_text().replace("version: 0.1.0", "version: one"))

    assert before == []
    assert any("version" in str(finding) for finding in lint(places.chart, case))


def test_values_are_laid_over_values_key_by_key() -> None:
    assert over({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"c": 3}, "d": [2], "e": None}) == {
        "a": {"b": 1, "c": 3},
        "d": [2],
        "e": None,
    }
