"""An authority for tests, and certificates that it signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LONG: Final = timedelta(days=90)
_BEFORE = timedelta(days=2)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


class Authority:
    """Signs certificates that hold for months, or have ended."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("lienthong test authority")
        whole = x509.BasicConstraints(ca=True, path_length=0)
        made = self._builder("lienthong test authority", self._key.public_key(), LONG).add_extension(
            whole, critical=True
        )
        self.certificate = _pem(made.sign(self._key, hashes.SHA256()))

    def sign(self, name: str, dns_names: Sequence[str] = (), *, lasts: timedelta = LONG) -> Pair:
        """Make a key and a certificate for it, which ends after `lasts` from now; that may be in the past."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(each) for each in dns_names or [name]])
        made = self._builder(name, key.public_key(), lasts).add_extension(names, critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Pair(_pem(made.sign(self._key, hashes.SHA256())), private.decode())

    def _builder(self, name: str, key: ec.EllipticCurvePublicKey, lasts: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            self._name, _named(name), key, x509.random_serial_number(), now - _BEFORE, now + lasts
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
