"""Values that must be refused: files whose first line is a comment with a part of the message that is expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import helm_python

from chartcheck.chart import Case, render
from chartcheck.finding import Finding, NotRendered
from chartcheck.loading import mapping


def every_refusal_is_refused(chart: helm_python.Chart, folder: Path) -> Iterator[Finding]:
    """Render each alone over values.yaml; it must fail, and with its message."""
    for file in sorted(folder.glob("*.yaml")):
        expected = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()
        if not expected:
            yield Finding(str(file), "its first line holds no part of a message", "Write one there after a #")
            continue
        try:
            render(chart, Case(file.stem, mapping(file)))
        except NotRendered as refused:
            if expected not in _on_one_line(str(refused)):
                yield Finding(str(file), f"is refused with another message: {str(refused)[:300]}", "Mend either")
        else:
            yield Finding(str(file), "is rendered", f"Refuse it in the chart with: {expected}")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
