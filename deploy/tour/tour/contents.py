"""The bytes of attachments: they follow from a seed, are made again wherever they are wanted, and are kept nowhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tour.plan import File

MEDIA_TYPE: Final = "application/pdf"
_START: Final = b"%PDF-1.7\n"
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True)
class Measured:
    """Size in bytes and SHA-256 of a content."""

    size: int
    sha256: bytes


def chunks(file: File) -> Iterator[bytes]:
    """Yield the bytes of an attachment, in chunks of at most 64 KiB."""
    rng = Random(file.seed)  # noqa: S311 - filling, no secret
    left = file.size
    start = _START[:left]
    while left:
        size = min(left, _CHUNK)
        yield start + rng.randbytes(size - len(start))
        left, start = left - size, b""


def on_the_way(file: File) -> Iterator[bytes]:
    """Yield what stands in the message: the bytes, or a ZIP of that one file."""
    if not file.zipped:
        yield from chunks(file)
        return
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo(file.name), b"".join(chunks(file)))
    yield packed.getvalue()


def measure(pieces: Iterable[bytes]) -> Measured:
    """Return size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return Measured(size, digest.digest())
