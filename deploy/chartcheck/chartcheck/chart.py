"""The chart: its values files, the examples that are rendered of them, and rendering by Helm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python

from chartcheck.finding import CannotCheck, Finding, NotRendered
from chartcheck.loading import mapping
from chartcheck.objects import Body, Rendered, parsed

RELEASE = NAMESPACE = "lienthong"
_SETTINGS = ".settings.yaml"
_BELOW_ERROR = 2  # Helm's number of a warning; an error has 3


@dataclass(frozen=True)
class Case:
    """What is rendered: a values file, and over it what no file may carry a default for."""

    name: str
    values: Body

    @property
    def is_variant(self) -> bool:
        """Whether it is a further render of a values file; linting that once is enough."""
        return "+" in self.name


def cases(chart: Path) -> list[Case]:
    """Give one a values file, and one more for each NAME+VARIANT.settings.yaml. Raises CannotCheck."""
    named = {file.stem: file for file in sorted(chart.glob("values*.yaml"))}
    settings = {file.name.removesuffix(_SETTINGS): file for file in sorted((chart / "examples").glob(f"*{_SETTINGS}"))}
    for name in [*named, *settings]:
        values = name.partition("+")[0]
        if values not in named:
            raise CannotCheck(f"{settings[name]} belongs to no values file: there is no {chart / values}.yaml")
        if name not in settings:
            raise CannotCheck(
                f"{chart / 'examples' / name}{_SETTINGS} is missing: it holds what {name}.yaml still needs"
            )
    return [Case(name, over(_given(named[name.partition("+")[0]]), mapping(file))) for name, file in settings.items()]


def render(chart: helm_python.Chart, case: Case) -> Rendered:
    """Render it without a cluster. Raises NotRendered."""
    try:
        texts = chart.render(case.values, name=RELEASE, namespace=NAMESPACE)
    except helm_python.HelmError as error:
        raise NotRendered(str(error)) from error
    return parsed(case.name, texts)


def lint(chart: Path, case: Case) -> list[Finding]:
    """Lint it strictly: a warning of Helm is a finding too."""
    report = helm_python.lint(chart, case.values, strict=True, namespace=NAMESPACE)
    told = [it for it in report["messages"] if it["severity"] >= _BELOW_ERROR]
    return [Finding(f"{case.name}: {it['path']}", f"helm lint: {it['error']}", "Mend the chart") for it in told]


def over(below: Body, above: Body) -> Body:
    """Lay values over values, as Helm does with several files."""
    return {key: _laid(below.get(key), above.get(key, below.get(key))) for key in {**below, **above}}


def _laid(below: Any, above: Any) -> Any:
    return over(below, above) if isinstance(below, dict) and isinstance(above, dict) else above


def _given(file: Path) -> Body:
    """Give what the file says; values.yaml is under every render already."""
    return {} if file.name == "values.yaml" else mapping(file)
