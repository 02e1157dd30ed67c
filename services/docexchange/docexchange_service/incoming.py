"""A stream of chunks on its way in: spooled to a file, measured and hashed as it comes, checked against what was said.

Up to SMALL bytes stay in memory. The memory of a call is bounded by that and one chunk.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from decider.refusal import Kind, Refusal

if TYPE_CHECKING:
    from types import TracebackType

    from lienthong.docexchange.v1.attachment_service_pb2 import UploadDescription

SMALL = 256 * 1024
T = TypeVar("T")


class Incoming:
    """The bytes of one stream; a context manager that leaves nothing behind."""

    def __init__(self, described: UploadDescription, spool: Path, limit: int) -> None:
        if described.size > limit:
            raise _too_large(limit)
        self._described = described
        self._file: Any = tempfile.SpooledTemporaryFile(SMALL, dir=str(spool))  # noqa: SIM115 - closed by __exit__
        self._hash = hashlib.sha256()
        self.size = 0

    async def take(self, parts: AsyncIterator[Any], also: Callable[[bytes], object] | None = None) -> None:
        """Take all chunks, giving each to `also`, in a thread when they are many; refuse what is not as it was said."""
        async for part in parts:
            if part.WhichOneof("part") != "chunk":
                raise _second_description()
            self.size += len(part.chunk)
            if self.size > self._described.size:
                raise _differs("size")
            if self.size <= SMALL:
                self._write(part.chunk, also)
            else:
                await to_the_end(asyncio.to_thread(self._write, part.chunk, also))
        if self.size != self._described.size:
            raise _differs("size")
        if self._hash.digest() != self._described.sha256:
            raise _differs("sha256")

    def content(self) -> bytes | Any:
        """Return the bytes when they are few, else the file, at its beginning."""
        self._file.seek(0)
        return self._file.read() if self.size <= SMALL else self._file

    @property
    def file(self) -> Any:
        """The file, at its beginning."""
        self._file.seek(0)
        return self._file

    def _write(self, chunk: bytes, also: Callable[[bytes], object] | None) -> None:
        self._hash.update(chunk)
        self._file.write(chunk)
        if also is not None:
            also(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work on the files of a call; when the call is cut, let it end first: no file is closed under a thread."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # nobody else asks for it any more
        raise


async def first_part(parts: AsyncIterator[Any]) -> UploadDescription:
    """Return the description that a stream begins with."""
    first = await anext(parts)
    if first.WhichOneof("part") != "description":
        raise Refusal(
            Kind.INVALID,
            "DESCRIPTION_MISSING",
            field="description",
            en="The first message must describe what follows: size, SHA-256 and request id.",
            vi="Thông điệp đầu tiên phải mô tả nội dung theo sau: kích thước, SHA-256 và mã yêu cầu.",
        )
    description: UploadDescription = first.description
    return description


def _second_description() -> Refusal:
    return Refusal(
        Kind.INVALID,
        "DESCRIPTION_REPEATED",
        field="description",
        en="Only the first message describes; send the bytes as chunks.",
        vi="Chỉ thông điệp đầu tiên là mô tả; hãy gửi nội dung theo từng phần.",
    )


def _differs(field: str) -> Refusal:
    return Refusal(
        Kind.INVALID,
        f"CONTENT_{field.upper()}_DIFFERS",
        field=f"description.{field}",
        en=f"The bytes received have another {field} than was said. Nothing was stored; send them again.",
        vi=f"Nội dung nhận được có {field} khác với mô tả. Chưa lưu gì; hãy gửi lại.",
    )


def _too_large(limit: int) -> Refusal:
    return Refusal(
        Kind.INVALID,
        "CONTENT_TOO_LARGE",
        field="description.size",
        en=f"At most {limit} bytes are taken. Split the content, or ask the operator to raise the limit.",
        vi=f"Chỉ nhận tối đa {limit} byte. Hãy chia nhỏ nội dung, hoặc đề nghị đơn vị vận hành nâng giới hạn.",
        metadata={"limit": str(limit)},
    )
