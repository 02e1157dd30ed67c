"""The doctor on a running platform: all is well, and a clock that is off is told by how much."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lienthong_sdk.commands.doctor import services
from lienthong_sdk.main import app
from typer.testing import CliRunner

from tests.fault.running import Running, running


def examined(platform: Running, key: Path | None) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Return the exit status, and what was found of each check."""
    addresses = platform.addresses
    arguments = ["doctor", "--json", *(["--key", str(key)] if key else [])]
    done = CliRunner().invoke(
        app, [*arguments, "--identity", addresses.identity, "--docexchange", addresses.docexchange]
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(done.stdout)["findings"]:
        found.setdefault(each["check"], []).append(each)
    return done.exit_code, found


def test_a_sound_platform_passes_and_what_is_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(f"LIENTHONG_{name}", raising=False)
    with running(tmp_path) as platform:
        asyncio.run(platform.start())
        status, found = examined(platform, platform.operator_key)
        assert status == 0, found
        for check in ("dns", "tcp", "health", "clock", "log", "follower of identity", "view inbox", "view agencies"):
            assert {each["verdict"] for each in found[check]} == {"ok"}
        assert len(found["clock"]) == 2

        _clock_is_told(platform, monkeypatch)
        _without_a_key_the_rest_is_looked_at(platform, tmp_path, monkeypatch)

        stranger = tmp_path / "stranger.key"
        assert CliRunner().invoke(app, ["key", "new", "stranger", str(stranger)]).exit_code == 0
        status, found = examined(platform, stranger)
        assert status == 1
        assert "KEY_UNKNOWN" in found["key"][0]["found"]


def _without_a_key_the_rest_is_looked_at(platform: Running, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as within:
        within.delenv("LIENTHONG_KEY", raising=False)
        within.chdir(folder)  # where no key file lies in its usual place
        status, found = examined(platform, None)
    assert status == 0, found
    assert [each["verdict"] for each in found["health"]] == ["ok", "ok"]
    assert [each["found"] for each in found["clock, log, views"]] == ["give --key", "give --key"]


def _clock_is_told(platform: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for off, told, verdict, status in (
        (20, "the service's clock is ", "warn", 0),
        (-20, "the service's clock is ", "warn", 0),
        (200, "it refuses every call", "FAIL", 1),
    ):
        with monkeypatch.context() as within:
            within.setattr(services, "utc_now", lambda off=off: datetime.now(UTC) + timedelta(seconds=off))
            found_status, found = examined(platform, platform.operator_key)
        [clock, _] = found["clock"]
        assert (found_status, clock["verdict"]) == (status, verdict)
        assert told in clock["found"]
        assert ("behind ours" if off > 0 else "ahead of ours") in clock["found"]
