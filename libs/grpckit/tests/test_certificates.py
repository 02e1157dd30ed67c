from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from grpckit.certificates import TlsFileError, TlsFiles
from grpckit.specification import Authority, Issued, Mounted, PrivateKey

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def files(folder: Path, issued: Issued, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> TlsFiles:
    return TlsFiles(*issued.save(folder), None, clock=clock)


def test_an_ended_certificate_is_refused_with_its_day(tmp_path: Path) -> None:
    issued = Authority().issue(ends=datetime.now(UTC) - timedelta(days=2))
    day = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%d")
    with pytest.raises(TlsFileError, match=rf"certificate {tmp_path}/tls.crt ended on {day} .*: renew it"):
        files(tmp_path, issued)


def test_a_chain_ends_with_its_first_end_and_a_bundle_of_authorities_with_its_last(tmp_path: Path) -> None:
    authority = Authority()
    short, long = (authority.issue(ends=datetime.now(UTC) + timedelta(days=days)) for days in (1, 9))
    both = Issued(long.certificate + short.certificate, long.key)
    (tmp_path / "ca.crt").write_bytes(short.certificate + long.certificate)
    found = TlsFiles(*both.save(tmp_path), tmp_path / "ca.crt").ends()
    assert found[str(tmp_path / "ca.crt")] - found[str(tmp_path / "tls.crt")] > timedelta(days=7)


def test_a_certificate_that_ends_while_it_is_in_use_stays_until_another_comes(tmp_path: Path) -> None:
    now = [datetime.now(UTC)]
    authority = Authority()
    opened = files(tmp_path, authority.issue(), lambda: now[0])
    before = opened.current()
    now[0] += timedelta(days=30)
    assert opened.current() is before
    renewed = authority.issue(ends=now[0] + timedelta(days=30))
    renewed.save(tmp_path)
    assert opened.current().certificate == renewed.certificate


def test_a_certificate_that_ended_does_not_replace_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authority = Authority()
    opened = files(tmp_path, authority.issue())
    before = opened.current()
    authority.issue(ends=datetime.now(UTC) - timedelta(days=1)).save(tmp_path)
    assert opened.current() is opened.current() is before
    assert [each.getMessage().count("ended on") for each in caplog.records] == [1]


def test_the_same_content_written_again_is_not_a_newer_one(tmp_path: Path) -> None:
    issued = Authority().issue()
    opened = files(tmp_path, issued)
    before = opened.current()
    issued.save(tmp_path)
    os.utime(tmp_path / "tls.crt", (1, 1))
    assert opened.current() is before


def test_files_that_are_gone_leave_what_was_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    opened = files(tmp_path, Authority().issue())
    before = opened.current()
    (tmp_path / "tls.key").unlink()
    assert opened.current() is before
    assert "tls.key cannot be read" in caplog.text


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP521R1()),
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - that it is refused is the point
    ],
    ids=["Ed25519", "P-521", "RSA 1024"],
)
def test_keys_that_grpc_does_not_take_are_refused_at_the_start(tmp_path: Path, key: PrivateKey) -> None:
    with pytest.raises(TlsFileError, match="RSA with 2048 bits"):
        files(tmp_path, Authority().issue(key=key))


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)],
    ids=["P-384", "RSA 2048"],
)
def test_keys_that_it_takes_are_taken(tmp_path: Path, key: PrivateKey) -> None:
    assert files(tmp_path, Authority().issue(key=key)).current().key


def test_an_encrypted_key_is_refused_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = Authority().issue(key=key)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = key.private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"bi-mat"))
    with pytest.raises(TlsFileError, match="without a password") as caught:
        files(tmp_path, Issued(issued.certificate, locked))
    assert "BEGIN" not in str(caught.value)


def test_a_swapped_folder_is_never_seen_half_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authority, mounted = Authority(), Mounted(tmp_path / "tls")
    issued = [authority.issue() for _ in range(8)]
    mounted.put(issued[0], authority)
    opened = TlsFiles(*(mounted.folder / name for name in ("tls.crt", "tls.key", "ca.crt")))
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            opened.current()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    seen = []
    for number in range(100):
        mounted.put(issued[number % 8], authority)
        seen.append(opened.current().certificate)
    ended.set()
    for reader in readers:
        reader.join()
    assert seen == [issued[number % 8].certificate for number in range(100)]
    assert caplog.records == []
