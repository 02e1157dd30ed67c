"""All checks together, over every values file of the chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import helm_python

from chartcheck import readme
from chartcheck.alerts import every_alert_has_a_runbook
from chartcheck.chart import Case, cases, lint, render
from chartcheck.dockerfile import dockerfile_is_clean, every_rule_passed_over_has_a_reason
from chartcheck.examples import example_is_the_committed_one, no_example_is_left_over, text_of
from chartcheck.expressions import every_expression_asks_for_what_is_measured
from chartcheck.finding import CannotCheck, Finding, NotRendered
from chartcheck.objects import Rendered
from chartcheck.policy import RULES
from chartcheck.refusals import every_refusal_is_refused
from chartcheck.skaffold import skaffold_builds_what_the_chart_runs
from chartcheck.validating import every_object_fits_its_schema, no_object_is_rendered_twice


@dataclass(frozen=True)
class Places:
    """Where everything lies, from the root of the repository."""

    root: Path

    @property
    def chart(self) -> Path:
        """The Helm chart."""
        return self.root / "charts" / "lienthong"

    @property
    def examples(self) -> Path:
        """What it renders to, and the settings that its values files still need."""
        return self.chart / "examples"

    @property
    def runbooks(self) -> Path:
        """A page for each alert."""
        return self.root / "docs" / "operations" / "runbooks"


def findings(places: Places) -> Iterator[Finding]:
    """Give all that must be mended. Raises CannotCheck."""
    rendered: list[Rendered] = []
    told: set[Finding] = set()  # what is wrong in one render is wrong in most
    named = cases(places.chart)
    with helm_python.Chart.load(places.chart) as chart:
        for case in named:
            yield from [] if case.is_variant else lint(places.chart, case)
            try:
                rendered.append(render(chart, case))
            except NotRendered as refused:
                yield Finding(case.name, f"is not rendered: {refused}", f"Mend it, or {case.name}.settings.yaml")
        yield from every_refusal_is_refused(chart, places.chart / "refusals")
    for each in rendered:
        news = [finding for finding in _of_rendered(each, places) if finding not in told]
        told.update(news)
        yield from (Finding(f"{each.case}: {it.where}", it.what, it.remedy) for it in news)
        yield from example_is_the_committed_one(each, places.examples)
    yield from no_example_is_left_over(places.examples, [case.name for case in named])
    yield from _of_files(places, rendered)


def write(places: Places) -> list[Path]:
    """Write the examples and the README anew; give the files. Raises CannotCheck when something is not rendered."""
    written = [places.chart / "README.md"]
    written[0].write_text(readme.text_of(places.chart), encoding="utf-8")
    with helm_python.Chart.load(places.chart) as chart:
        for case in cases(places.chart):
            written.append(places.examples / f"{case.name}.yaml")
            written[-1].write_text(text_of(_rendered(chart, case)), encoding="utf-8")
    return written


def _of_rendered(rendered: Rendered, places: Places) -> Iterator[Finding]:
    yield from every_object_fits_its_schema(rendered)
    yield from no_object_is_rendered_twice(rendered)
    yield from every_alert_has_a_runbook(rendered, places.runbooks)
    for rule in RULES:
        yield from rule(rendered)


def _of_files(places: Places, rendered: list[Rendered]) -> Iterator[Finding]:
    dockerfile = places.root / "deploy" / "docker" / "Dockerfile"
    yield from readme.every_value_is_explained(places.chart)
    yield from readme.readme_is_the_committed_one(places.chart)
    yield from every_expression_asks_for_what_is_measured(places.chart)
    yield from dockerfile_is_clean(dockerfile)
    yield from every_rule_passed_over_has_a_reason(dockerfile)
    yield from skaffold_builds_what_the_chart_runs(places.root / "skaffold.yaml", rendered)


def _rendered(chart: helm_python.Chart, case: Case) -> Rendered:
    try:
        return render(chart, case)
    except NotRendered as refused:
        raise CannotCheck(f"{case.name} is not rendered: {refused}") from refused
