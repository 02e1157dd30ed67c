"""The PEM files of one side of TLS: read whole, checked, and read again when they change.

    TlsFileError         a file that cannot be used; the message names the file and the remedy, never the key

Invariants:

1. What is given out fits together: the key is the certificate's, no certificate of the chain had ended when it was
   read, and at least one authority had not.
2. Once read, files are never without content: what cannot be used on disk (half-written, a key of another certificate,
   ended, gone) leaves the earlier content in force. It is told once, and looked at again when the files change again.
3. To ask for the content costs a `stat` a file while nothing changes.

Whoever replaces the files by swapping a link to their folder, as Kubernetes does, is never seen half-way.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from weakref import WeakSet

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from grpckit.signing import KeyFileError, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_TRIES = 3  # while files change under the reader
_RSA_BITS = 2048
_CURVES = ("secp256r1", "secp384r1")  # gRPC's clients take no other, and no Ed25519
_log = logging.getLogger(__name__)
_loaded: WeakSet[TlsFiles] = WeakSet()
_loaded_lock = threading.Lock()

Stamp = tuple[tuple[int, int, int], ...]


class TlsFileError(KeyFileError):
    """A PEM file that cannot be used; the message names the file and the remedy, never the key."""


@dataclass(frozen=True, slots=True)
class Pem:
    """Contents that fit together; empty where no file was named. Another object than before is a newer content."""

    certificate: bytes
    key: bytes
    authorities: bytes
    ends: Mapping[str, datetime]  # for each file with certificates, when it is of no use any more


class TlsFiles:
    """Certificate and key of this side, and the authorities that vouch for the other; each may be absent."""

    def __init__(
        self,
        certificate: Path | None,
        key: Path | None,
        authorities: Path | None,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Read the files; TlsFileError when one cannot be used."""
        if (certificate is None) != (key is None):
            given = certificate or key
            raise TlsFileError(f"{given}: a certificate and its key go together; name both files, or neither")
        self._certificate, self._key, self._authorities = certificate, key, authorities
        self._clock = clock
        self._lock = threading.Lock()
        self._told = ""
        self._stamp = self._stat()
        self._pem = self._read()
        with _loaded_lock:
            _loaded.add(self)

    def current(self) -> Pem:
        """Return the contents, read again if the files have changed; from any thread."""
        if self._stat() != self._stamp:
            with self._lock:
                if self._stat() != self._stamp:
                    self._renew()
        return self._pem

    def ends(self) -> Mapping[str, datetime]:
        """Return for each file with certificates when it is of no use any more."""
        return self.current().ends

    def _renew(self) -> None:
        for _ in range(_TRIES):
            stamp, error = self._stat(), ""
            try:
                pem = self._read()
                self._pem = self._pem if pem == self._pem else pem
            except TlsFileError as caught:
                error = str(caught)
            if self._stat() == stamp:
                break
        self._stamp = stamp  # last: whoever finds it unchanged finds the content that belongs to it
        if error and error != self._told:
            _log.warning("%s. What was read before stays in force.", error)
        self._told = error

    def _stat(self) -> Stamp:
        return tuple(_stamp_of(path) for path in (self._certificate, self._key, self._authorities) if path)

    def _read(self) -> Pem:
        ends: dict[str, datetime] = {}
        certificate = key = authorities = b""
        if self._certificate and self._key:
            certificate, key = _bytes_of(self._certificate), _bytes_of(self._key)
            chain = _certificates(self._certificate, certificate)
            _check_pair(self._certificate, chain[0], self._key, key)
            ends[str(self._certificate)] = min(each.not_valid_after_utc for each in chain)
        if self._authorities:
            authorities = _bytes_of(self._authorities)
            roots = _certificates(self._authorities, authorities)
            ends[str(self._authorities)] = max(each.not_valid_after_utc for each in roots)
        for file, end in ends.items():
            if end <= self._clock():
                raise TlsFileError(f"certificate {file} ended on {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC: renew it")
        return Pem(certificate, key, authorities, MappingProxyType(ends))


def observed_certificates() -> dict[str, datetime]:
    """Return when each certificate file that this process has in use is of no use any more, by its path.

    Of a chain that is when the first certificate ends, of a bundle of authorities when the last one does.
    """
    with _loaded_lock:
        known = list(_loaded)
    return {file: end for files in known for file, end in files.ends().items()}


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsFileError(f"{path} cannot be read: {error.strerror}") from None


def _certificates(path: Path, data: bytes) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise TlsFileError(f"{path} holds no whole PEM certificate: write it again") from None


def _check_pair(certificate: Path, leaf: x509.Certificate, path: Path, data: bytes) -> None:
    key = _private_key(path, data)
    if key.public_key() != leaf.public_key():
        raise TlsFileError(f"{path} is not the key of {certificate}: put the two there that belong together")
    usable = (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES
    )
    if not usable:
        raise TlsFileError(
            f"{path}: a key of RSA with {_RSA_BITS} bits or more, of EC P-256 or P-384 is needed; issue one of those"
        )


def _private_key(path: Path, data: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(data, password=None)
    except (
        TypeError,
        ValueError,
        UnsupportedAlgorithm,
    ):  # not chained: it may tell of the content; TypeError: it is encrypted
        raise TlsFileError(f"{path} holds no whole PEM private key that opens without a password") from None
