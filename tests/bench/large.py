"""The memory that a 200 MB edXML message takes on its way in, and its attachment on its way out."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date

import psutil  # type: ignore[import-untyped]
from lienthong_sdk import Lienthong
from vietnam.agency_code import AgencyCode
from vietnam.edxml import Attachment, DocumentCode, DocumentMessage, DocumentType, Organization, Promulgation, write

from tests.bench.installation import RECEIVER, SENDER, Installation, enrolled, folder, resident, running
from tests.bench.loop import run
from tests.bench.result import Result, at_most

_GOAL = 150.0  # MB more than before
_MESSAGE_BYTES = 200_000_000
_CHUNK = os.urandom(1024 * 1024)
_CHUNKS = _MESSAGE_BYTES * 3 // 4 // len(_CHUNK)  # base64 makes four bytes of three


def measure() -> list[Result]:
    """Import the message and download the attachment, watching the memory of both processes."""
    platform, client = run(_measured)
    return [
        at_most("edxml_200mb_memory", platform, "MB", _GOAL),
        at_most("edxml_200mb_memory_client", client, "MB", _GOAL),
    ]


async def _measured() -> tuple[float, float]:
    with folder() as path, running(path / "data") as platform:
        signers = await enrolled(platform)
        message, sha256 = path / "message.edxml", _digest()
        with message.open("wb") as file:
            for piece in write(_message(sha256), [(_attachment(sha256), _content())]):
                file.write(piece)
        async with (
            Lienthong(platform.addresses, signers[SENDER]) as sender,
            Lienthong(platform.addresses, signers[RECEIVER]) as receiver,
            _watched(platform) as most,
        ):
            imported = await sender.import_message(message)
            size = await receiver.download(imported.document.id, sha256, path / "out.bin")
        if size != _CHUNKS * len(_CHUNK):
            raise RuntimeError("the attachment came back with another size")
    return most[0], most[1]


@asynccontextmanager
async def _watched(platform: Installation) -> AsyncIterator[list[float]]:
    """Give the most that the platform and this process have taken beyond what they had, in MB, once it has ended."""
    processes = [platform.process, psutil.Process()]
    before = [resident(process) for process in processes]
    most = [0.0, 0.0]

    async def watch() -> None:
        while True:
            most[:] = [
                max(old, resident(process) - start) for old, process, start in zip(most, processes, before, strict=True)
            ]
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield most
    finally:
        watching.cancel()


def _message(sha256: bytes) -> DocumentMessage:
    return DocumentMessage(
        sender=Organization(AgencyCode(SENDER)),
        recipients=(Organization(AgencyCode(RECEIVER)),),
        code=DocumentCode("1", "UBND-VX"),
        promulgation=Promulgation("Nghệ An", date(2026, 2, 27)),
        document_type=DocumentType(18, "Công văn"),
        subject="V/v gửi hồ sơ quy hoạch",
        attachments=(_attachment(sha256),),
    )


def _attachment(sha256: bytes) -> Attachment:
    size = _CHUNKS * len(_CHUNK)
    return Attachment("application/octet-stream", "a-1", "Hồ sơ", "ho-so.bin", sha256, size)


def _content() -> Iterator[bytes]:
    for _ in range(_CHUNKS):
        yield _CHUNK


def _digest() -> bytes:
    digest = hashlib.sha256()
    for chunk in _content():
        digest.update(chunk)
    return digest.digest()
