"""What `lienthong views status` prints of the followers that feed the views."""

from __future__ import annotations

from typing import Any

import pytest
from lienthong.views.v1.views_service_pb2 import Follower, ListViewsResponse, View
from lienthong_sdk.commands import operations
from lienthong_sdk.main import app
from typer.testing import CliRunner


def _printed(monkeypatch: pytest.MonkeyPatch, *followers: Follower) -> str:
    def ask(*_: Any) -> ListViewsResponse:
        return ListViewsResponse(views=[View(name="inbox", state="live", positions=[1, 2])], followers=followers)

    monkeypatch.setattr(operations, "ask", ask)
    done = CliRunner().invoke(app, ["views", "status"])
    assert done.exit_code == 0, done.output
    return done.output


def test_who_follows_is_not_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = _printed(monkeypatch, Follower(log="identity", state="following", behind=3))
    assert "inbox" in printed
    assert "log identity" not in printed


def test_who_does_not_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Follower(log="docexchange", state="waiting", reason="the database is away", behind=12)
    stopped = Follower(log="identity", state="stopped", reason="KeyError", behind=0)
    printed = _printed(monkeypatch, waiting, stopped)
    assert "log docexchange: waiting, 12 records behind: the database is away" in printed
    assert "log identity: stopped, 0 records behind: KeyError" in printed
