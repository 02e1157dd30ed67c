"""A file whose stream is cut is sent again, as the same request; what is refused for good is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from lienthong_sdk import Addresses, Lienthong


class _Cutting:
    """An attachment service at whose hands the first calls end in the middle."""

    def __init__(self, *ends: Exception) -> None:
        self._ends = list(ends)
        self.requests: list[str] = []
        self.received = b""

    async def UploadAttachment(self, parts: AsyncIterator[Any], timeout: float) -> None:  # noqa: ASYNC109, N802
        assert timeout > 0
        self.requests.append((await anext(parts)).description.request_id)
        first = (await anext(parts)).chunk
        if self._ends:
            raise self._ends.pop(0)
        self.received = first + b"".join([part.chunk async for part in parts])


def _uploaded(service: _Cutting, file: Path) -> None:
    async def upload() -> None:
        async with Lienthong(Addresses(), None) as lienthong:
            lienthong.attachments = service  # type: ignore[assignment] # a double
            await lienthong.upload(file)

    asyncio.run(upload())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cong-van.pdf"
    path.write_bytes(bytes(range(256)) * 4096)
    return path


def _status(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())


def test_an_upload_that_is_cut_is_sent_again_whole_as_the_same_request(file: Path) -> None:
    stopping = Refusal(Kind.UNAVAILABLE, "SERVER_STOPPING", en="", vi="")
    service = _Cutting(_status(grpc.StatusCode.CANCELLED), stopping, _status(grpc.StatusCode.UNAVAILABLE))
    _uploaded(service, file)
    assert len(service.requests) == 4
    assert len(set(service.requests)) == 1
    assert service.received == file.read_bytes()


@pytest.mark.parametrize(
    "end",
    [Refusal(Kind.INVALID, "ATTACHMENT_DIFFERS", en="", vi=""), _status(grpc.StatusCode.INTERNAL)],
    ids=["refused", "fault"],
)
def test_what_would_end_the_same_again_is_told_at_once(file: Path, end: Exception) -> None:
    service = _Cutting(end)
    with pytest.raises(type(end)):
        _uploaded(service, file)
    assert len(service.requests) == 1
