"""Unpacks attachments that a sender zipped one by one without saying so.

Some senders zip each single file first: the content then begins with `PK` though name and type say otherwise.
A separate step over a seekable file, in bounded memory, with a limit against bombs. Office documents,
archives of several files and files that merely begin with `PK` are left alone.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ..errors import ArchiveError, violation
from ..reasons import Reason
from .limits import DEFAULT_LIMITS

_CHUNK: Final = 64 * 1024
_END: Final = struct.Struct("<4s4H2LH")  # end of central directory record, APPNOTE.TXT 4.3.16
_END_SIGNATURE: Final = b"PK\x05\x06"
_ZIP64_LOCATOR: Final = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE: Final = 20
_TAIL: Final = _END.size + 0xFFFF + _ZIP64_LOCATOR_SIZE
_DIRECTORY_LIMIT: Final = 256 * 1024  # one entry has at most 46 + 3 * 65,535 bytes
_ENCRYPTED: Final = 0x1
_ZIP_TYPES: Final = frozenset({"application/zip", "application/x-zip-compressed", "application/x-zip"})


def is_zipped_single(file: BinaryIO, *, name: str, content_type: str) -> bool:
    """Tell whether the file is a ZIP of exactly one file although its name and type do not say ZIP.

    `file` is seekable; its position is not kept.
    """
    declared = name.lower().endswith(".zip") or content_type.partition(";")[0].strip().lower() in _ZIP_TYPES
    return not declared and _holds_one_entry(file)


def unzip_single(file: BinaryIO, *, max_bytes: int = DEFAULT_LIMITS.attachment_bytes) -> Iterator[bytes]:
    """Yield the one file in the archive in chunks of at most 64 KiB.

    Raises `ArchiveError` with ZIP_NOT_SINGLE, ZIP_ENCRYPTED, ZIP_METHOD, ZIP_CORRUPT or ZIP_TOO_LARGE (more
    than `max_bytes` unpacked). What was yielded before an error is worthless.
    """
    if not _holds_one_entry(file):
        raise _bad(Reason.ZIP_NOT_SINGLE)
    try:
        with ZipFile(file) as archive:
            yield from _unpack(archive, _the_entry(archive, max_bytes), max_bytes)
    except ArchiveError:
        raise
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error):
        raise _bad(Reason.ZIP_CORRUPT) from None


def _the_entry(archive: ZipFile, max_bytes: int) -> ZipInfo:
    entries = archive.infolist()
    if len(entries) != 1 or entries[0].is_dir():
        raise _bad(Reason.ZIP_NOT_SINGLE)
    entry = entries[0]
    if entry.flag_bits & _ENCRYPTED:
        raise _bad(Reason.ZIP_ENCRYPTED)
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # the others unpack in unbounded steps
        raise _bad(Reason.ZIP_METHOD)
    if entry.header_offset < 0:
        raise _bad(Reason.ZIP_CORRUPT)
    if entry.file_size > max_bytes:
        raise _bad(Reason.ZIP_TOO_LARGE, limit=max_bytes)
    return entry


def _unpack(archive: ZipFile, entry: ZipInfo, max_bytes: int) -> Iterator[bytes]:
    total = 0
    with archive.open(entry) as content:
        while chunk := content.read(_CHUNK):
            total += len(chunk)
            if total > max_bytes:
                raise _bad(Reason.ZIP_TOO_LARGE, limit=max_bytes)
            yield chunk


def _holds_one_entry(file: BinaryIO) -> bool:
    """Look at the end of the file only: `zipfile` would load a directory of a million entries."""
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        return False
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    start = tail.rfind(_END_SIGNATURE)
    if start < 0 or len(tail) - start < _END.size:
        return False
    locator = max(0, start - _ZIP64_LOCATOR_SIZE)
    if tail[locator:start].startswith(_ZIP64_LOCATOR):
        return False
    entries: int
    directory: int
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, start)
    return entries == 1 and directory <= min(_DIRECTORY_LIMIT, size - len(tail) + start)


def _bad(reason: Reason, **values: int) -> ArchiveError:
    return ArchiveError(violation("", reason, **values))
