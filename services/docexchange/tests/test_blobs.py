"""Blobs: whole and durable, or written again."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path

import pytest
from docexchange_service.blobs import open_blobs


@pytest.mark.parametrize("size", [10, 6 * 1024 * 1024])
def test_a_blob_that_a_power_cut_left_short_is_written_again(tmp_path: Path, size: int) -> None:
    data = bytes(size)
    sha256 = hashlib.sha256(data).digest()
    blobs = open_blobs(tmp_path / "blobs")

    async def put() -> None:
        await blobs.put(sha256, data if size < 1024 else io.BytesIO(data))

    asyncio.run(put())
    (file,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    file.write_bytes(b"")
    asyncio.run(put())
    assert b"".join(blobs.read_here(sha256)) == data
