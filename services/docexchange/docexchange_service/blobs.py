"""Where the bytes of attachments lie: content-addressed, in local files now, in S3, GCS or Azure by configuration.

A blob is written once under the SHA-256 of its bytes and never changed, so writing it again is harmless, and one that
no event names (a crash between the two) is waste, not damage. On return from `put` it is durable: files are synced with
their folders. One of another size than it should have was cut short by a power cut, and is written again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import obstore
from obstore.store import LocalStore, from_url

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK = 256 * 1024
_PART = 5 * 1024 * 1024  # the least that S3 takes as a part of an upload


class Blobs:
    """A store of blobs, bounded in memory whatever their size."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """Keep blobs in a store; `folder` is where it keeps them as files, if it does."""
        self._store = store
        self._folder = folder

    async def put(self, sha256: bytes, content: bytes | IO[bytes]) -> None:
        """Keep a blob; one that is there already, whole, is left as it is."""
        path = _path(sha256)
        if await self._size(path) != _length(content):
            await obstore.put_async(self._store, path, content, chunk_size=_PART, max_concurrency=1)
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder / path, self._folder)

    async def read(self, sha256: bytes, offset: int = 0) -> AsyncIterator[bytes]:
        """Give a blob's bytes from an offset on, in chunks of at most CHUNK."""
        path = _path(sha256)
        size = await self.size(sha256)
        while offset < size:
            end = min(offset + CHUNK, size)
            yield bytes(await obstore.get_range_async(self._store, path, start=offset, end=end))
            offset = end

    def read_here(self, sha256: bytes) -> Iterator[bytes]:
        """Give a blob's bytes in the caller's thread."""
        path = _path(sha256)
        size, offset = obstore.head(self._store, path)["size"], 0
        while offset < size:
            end = min(offset + CHUNK, size)
            yield bytes(obstore.get_range(self._store, path, start=offset, end=end))
            offset = end

    async def size(self, sha256: bytes) -> int:
        """Return the number of a blob's bytes; FileNotFoundError when it is not there."""
        return (await obstore.head_async(self._store, _path(sha256)))["size"]

    async def _size(self, path: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, path))["size"]
        except FileNotFoundError:
            return None


def open_blobs(place: str | Path) -> Blobs:
    """Open a store by its address ("s3://bucket/prefix"), or in a folder, which is made."""
    if isinstance(place, Path):
        return Blobs(LocalStore(place, mkdir=True), place)
    return Blobs(from_url(place))


def _path(sha256: bytes) -> str:
    name = sha256.hex()
    return f"sha256/{name[:2]}/{name[2:]}"


def _length(content: bytes | IO[bytes]) -> int:
    if isinstance(content, bytes):
        return len(content)
    length = content.seek(0, os.SEEK_END)
    content.seek(0)
    return length


def _sync(file: Path, top: Path) -> None:
    """Make a file durable, and its name in each folder up to the top."""
    for place in (file, *(folder for folder in file.parents if folder.is_relative_to(top))):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
