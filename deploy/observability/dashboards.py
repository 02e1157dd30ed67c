# ruff: noqa: INP001 - a program, in no package
"""Makes charts/lienthong/dashboards/*.json, Grafana's dashboards, from dashboards.yaml.

python deploy/observability/dashboards.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "charts/lienthong/dashboards"
_WIDTH, _HEIGHT = 12, 8  # of Grafana's 24 columns; in rows of 30 pixels
_SCHEMA = 39  # of Grafana 11
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_OF_KIND = {"table": {"transformations": [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]}}
_OURS = 'namespace=~"$namespace"'


def main() -> None:
    """Write the files, or tell which are not what they should be."""
    described = yaml.safe_load((HERE / "dashboards.yaml").read_text(encoding="utf-8"))
    made = {FOLDER / f"{name}.json": text(name, each) for name, each in described.items()}
    if "--check" not in sys.argv[1:]:
        for file, content in made.items():
            file.write_text(content, encoding="utf-8")
        return
    stale = [file.name for file, content in made.items() if not file.exists() or file.read_text("utf-8") != content]
    if stale:
        sys.exit(f"{', '.join(stale)}: not what dashboards.yaml says; run python deploy/observability/dashboards.py")


def text(name: str, described: Mapping[str, Any]) -> str:
    """Return a dashboard as Grafana reads it."""
    whole = {
        "uid": f"lienthong-{name}",
        "title": described["title"],
        "tags": ["lienthong"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": list(_variables())},
        "panels": [_panel(index, panel) for index, panel in enumerate(described["panels"])],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    yield {
        "name": "namespace",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": 'label_values(up{platform="lienthong"}, namespace)', "refId": "namespace"},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
    }


def _shown(panel: Mapping[str, Any]) -> dict[str, Any]:
    """Return the unit of a panel's numbers, what it says instead of none, and which are bad."""
    shown: dict[str, Any] = {"unit": panel["unit"]}
    if "empty" in panel:
        shown["noValue"] = panel["empty"]
    for bound, below, above in (("red_below", "red", "green"), ("red_above", "green", "red")):
        if bound in panel:
            steps = [{"color": below, "value": None}, {"color": above, "value": panel[bound]}]
            shown["thresholds"] = {"mode": "absolute", "steps": steps}
    return shown


def _panel(index: int, panel: Mapping[str, Any]) -> dict[str, Any]:
    kind = panel.get("kind", "timeseries")
    over_time = kind == "timeseries"
    return {
        **_OF_KIND.get(kind, {}),
        "id": index + 1,
        "title": panel["question"],
        "description": panel["why"],
        "type": kind,
        "datasource": _SOURCE,
        "gridPos": {"x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": _shown(panel), "overrides": []},
        "targets": [
            {
                "refId": "A",
                "datasource": _SOURCE,
                "expr": panel["expr"].replace("OURS", _OURS),
                "legendFormat": panel["legend"],
                "instant": not over_time,
                "range": over_time,
                "format": "table" if kind == "table" else "time_series",
            }
        ],
    }


if __name__ == "__main__":
    main()
