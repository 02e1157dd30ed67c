from __future__ import annotations

import json
from pathlib import Path

import pytest
from tour.command import register
from typer import Typer
from typer.testing import CliRunner, Result

DOCUMENTS = 60
KEYS = [
    *("ok", "agencies", "documents", "deliveries", "statuses", "recalled", "updated", "replaced", "replied"),
    *("forwarded_to_successor", "malformed_sent", "malformed_refused", "records", "audit", "latency_ms", "seconds"),
]


def invoke(*arguments: str) -> Result:
    app = Typer()
    app.callback()(lambda: None)  # so that its only command keeps its name
    register(app)
    return CliRunner().invoke(app, ["tour", *arguments])


@pytest.mark.timeout(300)
def test_a_small_day_ends_as_planned_and_says_so_as_json() -> None:
    result = invoke("--documents", str(DOCUMENTS), "--json")
    assert result.exit_code == 0, result.output
    outcome = json.loads(result.stdout.splitlines()[-1])
    assert list(outcome) == KEYS
    assert outcome["ok"] is True
    assert outcome["agencies"] == 113
    assert outcome["documents"] == DOCUMENTS
    assert outcome["malformed_sent"] == outcome["malformed_refused"] == 30
    assert outcome["forwarded_to_successor"] >= 10
    assert min(outcome[name] for name in ("recalled", "updated", "replaced", "replied")) > 0
    assert outcome["audit"] == {"gaps": 0, "duplicate_versions": 0, "views_differ": 0}
    assert 0 < outcome["latency_ms"]["p50"] <= outcome["latency_ms"]["p99"]


def test_a_folder_that_holds_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    result = invoke("--data", str(tmp_path))
    assert result.exit_code == 2
    assert "empty folder" in result.stderr


def test_too_few_documents_are_refused() -> None:
    assert invoke("--documents", "10").exit_code == 2
