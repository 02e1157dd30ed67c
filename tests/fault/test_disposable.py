"""What is only derived from the logs may be lost or damaged between runs: it is made again, and is the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fault.starting import refused
from tests.fault.watched import watched

DERIVED = ("topic", "identity/views", "docexchange/views")


@pytest.mark.timeout(120)
def test_topic_and_views_lost_between_runs_are_made_again(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=5) as watch:
            await watch.settle()
            watch.platform.kill()
            for name in DERIVED:
                _remove(watch.platform.data / f"{name}.sqlite")
            await watch.platform.start()
            watch.load.resume()
            await asyncio.sleep(0.5)
            await watch.settle()
            await watch.audit()

    asyncio.run(play())


@pytest.mark.timeout(120)
def test_a_damaged_derived_file_is_named_with_the_remedy_and_the_remedy_helps(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=6) as watch:
            await watch.settle()
            watch.platform.kill()
            for name in DERIVED:
                file = watch.platform.data / f"{name}.sqlite"
                _damage(file)
                line = await refused(watch.platform)
                assert line.startswith(f"lienthong: {file} is damaged")
                assert "Delete it" in line
                _remove(file)
            await watch.platform.start()
            await watch.settle()
            await watch.audit()

    asyncio.run(play())


def _damage(file: Path) -> None:
    """Cut the topic short in its middle; make the others no database at all."""
    content = file.read_bytes()
    _remove(file)
    file.write_bytes(content[: len(content) // 2 + 7] if file.name == "topic.sqlite" else b"no database" * 1000)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
