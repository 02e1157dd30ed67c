"""The day on a platform that runs already."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from distributed.errors import EngineMissing
from lienthong_sdk import Addresses, ClientTls
from tour import on_distributed
from tour.day import Setting
from tour.players import Order

LIENTHONG = [sys.executable, "-m", "lienthong_sdk.main"]
DOCUMENTS = "40"
SEEN = {"gaps": 0, "duplicate_versions": 0, "views_differ": 0}
PATIENCE = 280  # seconds, of which a busy machine needs many
pytestmark = pytest.mark.timeout(300)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}


@contextmanager
def running(folder: Path) -> Iterator[list[str]]:
    """Run an embedded platform in a process of its own; give the options that name it."""
    command = [*LIENTHONG, "up", "--data", str(folder), "--port-base", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as up:
        try:
            assert up.stdout is not None
            at = dict(re.findall(r"(identity|docexchange|key) +(\S+)", up.stdout.readline()))
            yield ["--identity", at["identity"], "--docexchange", at["docexchange"], "--operator-key", at["key"]]
        finally:
            up.terminate()
    assert up.returncode == 0


def tour(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LIENTHONG, "tour", "--json", "--documents", DOCUMENTS, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=ENVIRONMENT,
    )


def test_a_platform_is_known_by_its_addresses_and_plays_one_day(tmp_path: Path) -> None:
    with running(tmp_path / "platform") as at:
        done = tour(*at)
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout)
        assert outcome["ok"] is True
        assert outcome["documents"] == int(DOCUMENTS)
        assert outcome["audit"] == SEEN
        assert list(outcome)[-1] == "engines"
        assert outcome["engines"]["database"] == "seen through the services"
        again = tour(*at)
        assert again.returncode == 2
        assert "is not fresh: agency G01 is registered" in again.stderr.splitlines()[-1]
        assert "Traceback" not in again.stderr


def test_what_cannot_be_played_on_is_told_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path / "platform") as [_, identity, __, docexchange, *key]:
        swapped = tour("--identity", docexchange, "--docexchange", identity, *key)
    away = tour("--identity", identity, "--docexchange", docexchange, *key)
    for done, line in ((swapped, f"{docexchange} is the address of docexchange, not of identity"), (away, "UNAVAIL")):
        assert done.returncode == 2
        assert line in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--identity", "localhost:1"], "--docexchange and --operator-key go together"),
        (
            ["--identity", "a:1", "--docexchange", "b:1", "--operator-key", "k", "--stay"],
            "for a platform that the tour starts",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: list[str], told: str) -> None:
    done = tour(*words)
    assert done.returncode == 2
    assert told in done.stderr


def test_an_order_carries_the_files_of_tls_to_the_players() -> None:
    for tls in (None, ClientTls(Path("ca.pem")), ClientTls(Path("ca.pem"), Path("tls.crt"), Path("tls.key"))):
        addresses = Addresses("dns:///identity:7000", "dns:///docexchange:7000", tls)
        setting = Setting(addresses, Path("operator.key"), Path("keys"), Path("under-way"), date(2026, 3, 2))
        assert Order.unpacked(Order(60, 7, setting).packed()) == Order(60, 7, setting)


def test_stores_and_topics_are_audited_where_they_are_named(tmp_path: Path) -> None:
    try:
        done = asyncio.run(beside_engines(tmp_path))
    except EngineMissing as reason:
        pytest.skip(str(reason))
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["ok"] is True
    assert outcome["audit"] == SEEN
    assert outcome["engines"]["database"].startswith("PostgreSQL ")
    assert outcome["engines"]["broker"].startswith("Apache Kafka at ")


async def beside_engines(folder: Path) -> subprocess.CompletedProcess[str]:
    async with on_distributed.started(folder) as host:
        at, chosen = host.addresses, host._platform.settings
        words = ["--identity", at.identity, "--docexchange", at.docexchange, "--operator-key", str(host.operator_key)]
        engines = ["--database-url", chosen.database_url, "--kafka", chosen.kafka]
        return await asyncio.to_thread(tour, *words, *engines)
