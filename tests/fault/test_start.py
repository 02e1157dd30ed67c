"""What keeps the platform from starting is one clear line and status 2, and harms nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fault.running import HOST, Running, running
from tests.fault.starting import refused


@pytest.fixture
def anew(tmp_path: Path) -> Callable[[Path], Running]:
    """Make platforms over a data folder, each with ports and files of its own."""

    def make(data: Path) -> Running:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return Running(folder, data=data)

    return make


def test_a_second_platform_on_one_folder_is_refused_and_the_first_goes_on(
    tmp_path: Path, anew: Callable[[Path], Running]
) -> None:
    async def play() -> None:
        with running(tmp_path / "first") as first:
            await first.start()
            line = await refused(anew(first.data))
            assert f"another platform runs on {first.data}" in line
            assert "--data" in line
            socket.create_connection((HOST, first.base + 2), 5).close()  # it still listens

    asyncio.run(play())


@pytest.mark.parametrize("offset", [1, 2])
def test_a_port_in_use_is_named(tmp_path: Path, anew: Callable[[Path], Running], offset: int) -> None:
    platform = anew(tmp_path / "data")
    with socket.create_server((HOST, platform.base + offset)):
        line = asyncio.run(refused(platform))
    assert f"{HOST}:{platform.base + offset}" in line


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, anew: Callable[[Path], Running]) -> None:
    (tmp_path / "file").write_text("no folder")
    line = asyncio.run(refused(anew(tmp_path / "file" / "data")))
    assert str(tmp_path / "file" / "data") in line
    assert "--data" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, anew: Callable[[Path], Running]) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    assert str(data) in asyncio.run(refused(anew(data)))


def test_another_number_of_partitions_is_refused_with_the_remedy(
    tmp_path: Path, anew: Callable[[Path], Running]
) -> None:
    async def play() -> None:
        with running(tmp_path / "first") as first:
            await first.start()
            first.kill()
            line = await refused(anew(first.data), "--partitions", "8")
            assert "start with partitions 4" in line

    asyncio.run(play())
