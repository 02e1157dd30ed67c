"""What a test needs of TLS: an authority that issues certificates, and the folder that a service reads them from.

    authority = Authority()
    server = authority.issue()                              # for 127.0.0.1 and localhost
    client = authority.issue("h41-qlvb.example", "spiffe://lienthong/h41-qlvb")
    ServerTls(TlsFiles(*server.save(folder), authority.save(folder / "ca.crt")))

Kubernetes swaps a link to put new files in place of old ones: so does `Mounted`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from grpckit.signing import utc_now

if TYPE_CHECKING:
    from datetime import datetime

PrivateKey: TypeAlias = "ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Write tls.crt and tls.key into a folder, over what is there; return the two paths."""
        certificate, key = folder / "tls.crt", folder / "tls.key"
        certificate.write_bytes(self.certificate)
        key.write_bytes(self.key)
        return certificate, key


class Authority:
    """An authority with a certificate of its own."""

    def __init__(self, name: str = "Lienthong test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begins = utc_now() - timedelta(days=30)
        builder = x509.CertificateBuilder(self._name, self._name, self._key.public_key(), x509.random_serial_number())
        constrained = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        timed = constrained.not_valid_before(begins).not_valid_after(begins + timedelta(days=365))
        self.certificate = timed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def save(self, path: Path) -> Path:
        """Write the authority's certificate; return the path."""
        path.write_bytes(self.certificate)
        return path

    def issue(self, *names: str, ends: datetime | None = None, key: PrivateKey | None = None) -> Issued:
        """Issue a certificate for names (those with a colon are URIs); without any for this machine's loopback."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        begins = utc_now() - timedelta(days=20)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        named = builder.add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        timed = named.not_valid_before(begins).not_valid_after(ends or utc_now() + timedelta(days=1))
        certificate = timed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return Issued(certificate, key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))


class Mounted:
    """A folder as the kubelet mounts a secret: each file is a link through `..data`, which is swapped as a whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, issued: Issued, authority: Authority) -> None:
        """Put tls.crt, tls.key and ca.crt in place of those before, in one step."""
        self._number += 1
        version = self.folder / f"..{self._number}"
        version.mkdir()
        issued.save(version)
        authority.save(version / "ca.crt")
        draft = self.folder / "..data_tmp"
        draft.symlink_to(version.name)
        draft.replace(self.folder / "..data")
        for name in ("tls.crt", "tls.key", "ca.crt"):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path("..data") / name)


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    if not names:
        return [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return [x509.UniformResourceIdentifier(name) if ":" in name else x509.DNSName(name) for name in names]
