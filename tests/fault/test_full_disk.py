"""A disk that takes nothing more: commands are refused, typed, and nothing is half stored.

Once there is room again everything goes on, without a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.watching import Watch

from tests.fault.running import Running
from tests.fault.watched import watched

_MEBIBYTE = 1024 * 1024
_TYPED = {"LOG_UNAVAILABLE", "STORAGE_UNAVAILABLE", "STREAM_CUT"}
_FULL = 2.0  # seconds


@pytest.mark.timeout(120)
def test_a_full_disk_refuses_commands_and_half_stores_nothing(tmp_path: Path) -> None:
    async def play(disk: Path) -> None:
        async with watched(tmp_path, seed=3, data=disk / "data") as watch:
            await asyncio.sleep(0.5)
            ballast = disk / "ballast"
            await asyncio.to_thread(_fill, ballast)
            await asyncio.sleep(_FULL)
            ballast.unlink()
            await _goes_on(watch)

    with small_disk(tmp_path / "disk", 48) as disk:
        asyncio.run(play(disk))


@pytest.mark.timeout(120)
def test_files_that_cannot_grow_refuse_commands_and_half_store_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=4) as watch:
            await asyncio.sleep(0.5)
            with watch.platform.file_size(1):
                await asyncio.sleep(_FULL)
            await _goes_on(watch)

    asyncio.run(play())


async def _goes_on(watch: Watch[Running]) -> None:
    """Commands were refused in the meantime, each typed; now they are taken, and all is as it should be."""
    failures = watch.load.docexchange.failures
    watch.load.check()
    assert failures.get("LOG_UNAVAILABLE"), failures
    assert set(failures) <= _TYPED, failures
    before = len(watch.load.docexchange.acknowledged)
    await asyncio.sleep(1)
    assert len(watch.load.docexchange.acknowledged) > before
    await watch.settle()
    await watch.audit()


def _fill(ballast: Path) -> None:
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@contextlib.contextmanager
def small_disk(place: Path, mebibytes: int) -> Iterator[Path]:
    """Give a file system of its own in memory; the test is skipped where that is not possible."""
    if os.geteuid() != 0:
        pytest.skip("a small disk has to be mounted, which only root may")
    place.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={mebibytes * _MEBIBYTE}", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)
