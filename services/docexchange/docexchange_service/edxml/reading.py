"""Reads a message while it comes in: its attachments go to files of their own, and what is zipped is unzipped.

Memory is bounded by the header and one chunk; the files go with the context manager.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import edxml
from vietnam.edxml.unzip import is_zipped_single, unzip_single

from docexchange_service.incoming import SMALL

if TYPE_CHECKING:
    from datetime import date
    from types import TracebackType


@dataclass(frozen=True)
class Stored:
    """An attachment as it will be kept, and its bytes."""

    attachment: d.Attachment
    file: BinaryIO

    def content(self) -> bytes | BinaryIO:
        """Return the bytes when they are few, else the file, at its beginning."""
        self.file.seek(0)
        return self.file.read() if self.attachment.size <= SMALL else self.file


class MessageReading:
    """Reads one message; a context manager that leaves nothing behind. Not for several threads at once."""

    def __init__(self, spool: Path, today: date, limits: edxml.Limits) -> None:
        self._spool = spool
        self._limits = limits
        self._stack = ExitStack()
        self._files: dict[int, BinaryIO] = {}
        self._reader = edxml.Reader(self, today=today, limits=limits)

    def open(self, index: int) -> BinaryIO:
        """Give the reader a file for an attachment."""
        self._files[index] = self._file()
        return self._files[index]

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; VietnamError where they cannot be a message."""
        self._reader.feed(chunk)

    def finish(self) -> tuple[edxml.Message, list[Stored]]:
        """Return the message and its attachments; VietnamError with all that is wrong."""
        message = self._reader.close()
        if isinstance(message, edxml.StatusMessage):
            return message, []
        return message, [self._stored(index, each) for index, each in enumerate(message.attachments)]

    def _stored(self, index: int, said: edxml.Attachment) -> Stored:
        file, sha256, size = self._files[index], said.sha256, said.size
        if is_zipped_single(file, name=said.name, content_type=said.content_type):
            file, sha256, size = self._unzipped(file)
        attachment = d.Attachment(
            sha256=sha256, size=size, name=said.name, media_type=said.content_type, description=said.description
        )
        return Stored(attachment, file)

    def _unzipped(self, archive: BinaryIO) -> tuple[BinaryIO, bytes, int]:
        file, digest, size = self._file(), hashlib.sha256(), 0
        for chunk in unzip_single(archive, max_bytes=self._limits.attachment_bytes):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        return file, digest.digest(), size

    def _file(self) -> BinaryIO:
        file: Any = tempfile.SpooledTemporaryFile(SMALL, dir=str(self._spool))  # noqa: SIM115 - closed by the stack
        return self._stack.enter_context(file)  # type: ignore[no-any-return]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
