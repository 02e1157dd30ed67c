"""Attachments (tệp đính kèm): where their bytes go while a message is read, and what is known of them."""

import hashlib
from typing import Protocol

from ..errors import LimitExceededError, violation
from ..reasons import Reason
from .base64_stream import Base64Decoder


class Writable(Protocol):
    """What takes bytes: an open file, a spooled file, an upload."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        ...


class AttachmentSink(Protocol):
    """Where the content of attachments goes.

    `open` is called once an attachment, in the order of the message, `index` counting from 0. Its name may
    still be unknown then: join it by index with `DocumentMessage.attachments` at the end. The reader never
    closes what it was given. When reading raises, what was written is worthless: its owner discards it.
    """

    def open(self, index: int) -> Writable:
        """Return where the bytes of this attachment go."""
        ...


class MemorySink:
    """Keeps contents in memory: for tests and small messages only."""

    def __init__(self) -> None:
        self.contents: list[bytearray] = []

    def open(self, index: int) -> "Writable":
        """Start a new buffer."""
        self.contents.insert(index, bytearray())
        return _Buffer(self.contents[index])


class _Buffer:
    def __init__(self, content: bytearray) -> None:
        self._content = content

    def write(self, data: bytes, /) -> None:
        self._content += data


class DiscardSink:
    """Forgets contents: size and SHA-256 are all that is wanted."""

    def open(self, index: int) -> Writable:
        """Return the sink itself, whatever the index."""
        del index
        return self

    def write(self, data: bytes, /) -> None:
        """Forget the bytes."""


class ContentReceiver:
    """Decodes one attachment on its way into the sink, measures and hashes it."""

    def __init__(self, field: str, out: Writable, limit: int) -> None:
        self._field = field
        self._out = out
        self._limit = limit
        self._decoder = Base64Decoder(field)
        self._hash = hashlib.sha256()
        self.size = 0

    def feed(self, text: str) -> None:
        """Take base64 text. Raises `MalformedMessageError` or `LimitExceededError`."""
        data = self._decoder.decode(text)
        self.size += len(data)
        if self.size > self._limit:
            raise LimitExceededError(violation(self._field, Reason.ATTACHMENT_TOO_LARGE, limit=self._limit))
        self._hash.update(data)
        self._out.write(data)

    def finish(self) -> bytes:
        """Return the SHA-256 of the content. Raises `MalformedMessageError` where it is cut off."""
        self._decoder.finish()
        return self._hash.digest()
