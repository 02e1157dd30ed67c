"""Streams of bytes at fault, for uploads and for messages alike."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from .agency import CHUNK, Agency, chunks, described, request_of, stub_of
from .installation import Installation, running
from .messages import message
from .refusing import Raw, refused

BOTH = pytest.mark.parametrize("rpc", ["UploadAttachment", "ImportMessage"])
SECONDS = 30.0


async def streamed(agency: Agency, rpc: str, *messages: Any) -> Any:
    return await stub_of(agency.channel, rpc)(list(messages))


@BOTH
async def test_the_first_message_describes_and_no_other_does(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    first = described(rpc, b"abc")
    [chunk] = chunks(rpc, b"abc")
    await refused(shared, streamed(agency, rpc, chunk, first), "DESCRIPTION_MISSING", "description")
    await refused(shared, streamed(agency, rpc, first, chunk, first), "DESCRIPTION_REPEATED", "description")
    await refused(shared, streamed(agency, rpc, first, request_of(rpc)), "REQUEST_INVALID", "part", "REQUIRED_MISSING")
    await refused(shared, streamed(agency, rpc, request_of(rpc)), "REQUEST_INVALID", "part", "REQUIRED_MISSING")
    await refused(shared, Raw(shared, agency.signer).stream(rpc, []), "STREAM_EMPTY")


@BOTH
@pytest.mark.parametrize("length", [1000, CHUNK * 3])
async def test_the_bytes_are_those_that_were_described(shared: Installation, rpc: str, length: int) -> None:
    agency = await shared.agency()
    data = message(agency, agency, files=(os.urandom(length),))
    await refused(shared, agency.put(rpc, data, sha256=bytes(32)), "CONTENT_SHA256_DIFFERS", "description.sha256")
    for first, rest in (
        (described(rpc, data, size=len(data) - 1), data),
        (described(rpc, data, size=len(data) + 1), data),
        (described(rpc, data), data[:-1]),
        (described(rpc, data), b""),
    ):
        call = streamed(agency, rpc, first, *chunks(rpc, rest))
        await refused(shared, call, "CONTENT_SIZE_DIFFERS", "description.size")


@BOTH
async def test_a_description_has_a_hash_a_size_and_a_request_id(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    faults: list[tuple[str, Any, str]] = [
        ("sha256", b"x" * 31, "WRONG_LENGTH"),
        ("size", -1, "OUT_OF_RANGE"),
        ("request_id", "x", "NOT_A_UUID"),
        ("request_id", "", "REQUIRED_MISSING"),
    ]
    for field, value, why in faults:
        call = streamed(agency, rpc, described(rpc, b"abc", **{field: value}))
        await refused(shared, call, "REQUEST_INVALID", f"description.{field}", why)


@BOTH
async def test_a_chunk_is_of_at_most_256_kib(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    data = bytes(CHUNK + 1)
    call = streamed(agency, rpc, described(rpc, data), request_of(rpc, chunk=data))
    await refused(shared, call, "REQUEST_INVALID", "chunk", "TOO_LONG")


@BOTH
async def test_300_megabytes_are_refused_at_the_first_message(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    sent = asyncio.Event()

    async def slowly() -> AsyncIterator[Any]:
        yield described(rpc, b"", size=300_000_000)
        await sent.wait()  # nothing more is needed for the refusal

    refusal = await refused(shared, stub_of(agency.channel, rpc)(slowly()), "CONTENT_TOO_LARGE", "description.size")
    sent.set()
    assert int(refusal.metadata["limit"]) < 300_000_000


@BOTH
async def test_a_stream_that_is_cut_leaves_nothing(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    data = message(agency, agency, files=(os.urandom(CHUNK * 4),))
    before = shared.stored()
    under_way = asyncio.Event()

    async def cut() -> AsyncIterator[Any]:
        yield described(rpc, data)
        for chunk in list(chunks(rpc, data))[:3]:
            yield chunk
        under_way.set()
        await asyncio.Event().wait()

    call = asyncio.create_task(stub_of(agency.channel, rpc)(cut()))
    await under_way.wait()
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await call
    await idle(shared)
    assert shared.stored() == before
    await shared.answers()


async def idle(shared: Installation) -> None:
    """Wait until the server serves nothing any more."""
    async with asyncio.timeout(SECONDS):
        while running_calls := shared.app._server._guard._running:
            await asyncio.wait(running_calls)


@BOTH
async def test_a_request_id_stands_for_one_stream(shared: Installation, rpc: str) -> None:
    agency = await shared.agency()
    one, other = (message(agency, agency, files=(os.urandom(size),)) for size in (10, 20))
    request = str(uuid.uuid4())
    await agency.put(rpc, one, request_id=request)
    await refused(shared, agency.put(rpc, other, request_id=request), "REQUEST_ID_REUSED", "request_id")


async def test_limits_are_set_by_the_operator(tmp_path: Path) -> None:
    async with running(tmp_path, max_attachment_bytes=1000, max_message_bytes=5000) as platform:
        agency = await platform.agency()
        await agency.upload(bytes(1000))
        upload = await refused(platform, agency.upload(bytes(1001)), "CONTENT_TOO_LARGE", "description.size")
        assert upload.metadata == {"limit": "1000"}
        await agency.take(message(agency, agency, files=(bytes(1000),)))
        field = "AttachmentEncoded.Attachment[0].ContentTransferEncoded"
        large = message(agency, agency, files=(bytes(1001),))
        await refused(platform, agency.take(large), "ATTACHMENT_TOO_LARGE", field)
        whole = message(agency, agency, files=(bytes(1000),) * 4)
        await refused(platform, agency.take(whole), "CONTENT_TOO_LARGE", "description.size")
