"""Every alert leads to a page that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chartcheck.finding import Finding
from chartcheck.objects import Body, Rendered


def every_alert_has_a_runbook(rendered: Rendered, runbooks: Path) -> Iterator[Finding]:
    """Its annotation runbook_url must end in the name of a page, and its labels must say how bad it is."""
    for each in rendered.of_kind("PrometheusRule"):
        for rule in _alerts(each.spec):
            where = f"{each.where} {rule['alert']}"
            slug = str((rule.get("annotations") or {}).get("runbook_url", "")).rpartition("/")[2].removesuffix(".md")
            if not slug:
                yield Finding(where, "names no runbook", "Add annotations.runbook_url")
            elif not (runbooks / f"{slug}.md").exists():
                yield Finding(where, f"its runbook {slug} is not there", f"Write {runbooks / slug}.md")
            if not (rule.get("labels") or {}).get("severity"):
                yield Finding(where, "has no severity", "Add labels.severity")


def _alerts(spec: Body) -> Iterator[Body]:
    for group in spec.get("groups") or []:
        yield from (rule for rule in group.get("rules") or [] if "alert" in rule)
