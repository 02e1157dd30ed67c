"""Single files that were zipped without saying so are unpacked, and nothing else is."""

import io
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.edxml.unzip import is_zipped_single, unzip_single
from vietnam.errors import ArchiveError
from vietnam.reasons import Reason

PDF = {"name": "cong-van.pdf", "content_type": "application/pdf"}


def _zip(*contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for index, content in enumerate(contents):
            archive.writestr(f"{index}.pdf", content)
    return file


def _reason(file: io.BytesIO, max_bytes: int = 1000) -> Reason:
    with pytest.raises(ArchiveError) as refusal:
        list(unzip_single(file, max_bytes=max_bytes))
    return refusal.value.reason


@settings(deadline=None)
@given(st.binary(max_size=500), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_a_single_zipped_file_is_recognised_and_unpacked(content: bytes, method: int) -> None:
    file = _zip(content, method=method)
    assert is_zipped_single(file, **PDF)
    assert b"".join(unzip_single(file)) == content


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.ZIP", "application/pdf"), ("a.pdf", "application/zip"), ("a", "Application/X-Zip-Compressed; x=y")],
)
def test_a_declared_archive_is_left_alone(name: str, content_type: str) -> None:
    assert not is_zipped_single(_zip(b"x"), name=name, content_type=content_type)


@pytest.mark.parametrize(
    "file",
    [
        _zip(b"one", b"two"),
        _zip(),
        io.BytesIO(b"%PDF-1.7"),
        io.BytesIO(b""),
        io.BytesIO(b"PK\x03\x04 and then nothing of the kind"),
        io.BytesIO(b"PK\x03\x04" + b"PK\x05\x06"),
        io.BytesIO(_zip(b"x").getvalue().replace(b"PK\x05\x06", b"PK\x06\x07" + bytes(16) + b"PK\x05\x06")),
    ],
)
def test_other_files_are_left_alone(file: io.BytesIO) -> None:
    assert not is_zipped_single(file, **PDF)
    assert _reason(file) is Reason.ZIP_NOT_SINGLE


def test_a_bomb_is_stopped_whether_it_tells_its_size_or_not() -> None:
    bomb = _zip(bytes(50_000_000))
    assert _reason(bomb) is Reason.ZIP_TOO_LARGE
    liar = bytearray(bomb.getvalue())
    entry = liar.rfind(b"PK\x01\x02")
    liar[entry + 24 : entry + 28] = (999).to_bytes(4, "little")
    tracemalloc.start()
    assert _reason(io.BytesIO(bytes(liar))) in {Reason.ZIP_TOO_LARGE, Reason.ZIP_CORRUPT}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_damaged_encrypted_and_exotic_archives_are_refused() -> None:
    damaged = bytearray(_zip(b"x" * 100, method=zipfile.ZIP_STORED).getvalue())
    damaged[60] ^= 1
    assert _reason(io.BytesIO(bytes(damaged))) is Reason.ZIP_CORRUPT
    encrypted = bytearray(_zip(b"x").getvalue())
    encrypted[encrypted.rfind(b"PK\x01\x02") + 8] |= 1
    assert _reason(io.BytesIO(bytes(encrypted))) is Reason.ZIP_ENCRYPTED
    assert _reason(_zip(b"x", method=zipfile.ZIP_LZMA)) is Reason.ZIP_METHOD


@settings(deadline=None)
@given(st.data())
def test_a_mutated_archive_is_unpacked_or_refused_with_a_typed_error(data: st.DataObject) -> None:
    content = bytearray(_zip(b"some content " * 20).getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ArchiveError):
        list(unzip_single(io.BytesIO(bytes(content)), max_bytes=1000))
