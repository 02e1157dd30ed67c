"""identity as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_SECRET = "kem-trung-chien"  # noqa: S105 - of nothing


def started(data: Path, environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    own = {"LIENTHONG_IDENTITY_DATA": str(data), "LIENTHONG_IDENTITY_PORT": "0"}
    command = [sys.executable, "-m", "identity_service", *arguments]
    return subprocess.Popen(
        command, env=inherited | own | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_it_says_where_it_listens_and_ends_in_order(tmp_path: Path) -> None:
    with started(tmp_path / "data", {}) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert words[:2] == ["ready", "identity"]
    assert words[2].startswith("127.0.0.1:")
    assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("environment", "arguments", "told"),
    [
        ({"LIENTHONG_IDENTITY_PORT": "seven"}, (), "port"),
        (
            {"LIENTHONG_DATABASE_URL": f"postgresql://identity:{_SECRET}@127.0.0.1:1/none"},
            (),
            "LIENTHONG_KAFKA_BOOTSTRAP",
        ),
        ({"LIENTHONG_KAFKA_SECURITY": "NONE"}, (), "kafka_security"),
        ({"LIENTHONG_IDENTITY_DATA": "/dev/null/data"}, (), "/dev/null"),
        ({}, ("serve",), "migrate"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line_without_secrets(
    tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...], told: str
) -> None:
    with started(tmp_path / "data", environment, *arguments) as process:
        out, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert out == ""
    assert len(said.splitlines()) == 1
    assert said.startswith("identity: ")
    assert told in said
    assert _SECRET not in said


def test_it_tells_where_its_threads_stand_and_goes_on(tmp_path: Path) -> None:
    with started(tmp_path / "data", {}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "most recent call first" in said
