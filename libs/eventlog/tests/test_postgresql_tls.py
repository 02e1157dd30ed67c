"""The connection to PostgreSQL can be over TLS, with the server's certificate checked, by the URL alone.

The wheel's server is built without TLS, so something stands before it that has it, as before many a server.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from eventlog.errors import StoreUnavailable
from eventlog.postgresql import PostgresqlStore, log_url, migrate
from eventlog.postgresql.connecting import connect

from .tls_front import TlsFront

_DAY = dt.timedelta(days=1)


def certificate() -> tuple[bytes, bytes]:
    """Make a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - _DAY, now + _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


@pytest.fixture
def server(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Give the URL of a server behind TLS, and the file with the certificate that it shows."""
    shown, key = certificate()
    trusted, private = tmp_path / "trusted.pem", tmp_path / "key.pem"
    trusted.write_bytes(shown)
    private.write_bytes(key)
    migrate(postgresql_url, "secret", 2)
    plain = sa.make_url(postgresql_url)
    with TlsFront((str(plain.host), plain.port or 5432), trusted, private) as front:
        yield plain.set(port=front.port).render_as_string(hide_password=False), trusted


def checked(url: str, trusted: Path) -> str:
    wanted = {"sslmode": "verify-full", "sslrootcert": str(trusted)}
    return sa.make_url(url).update_query_dict(wanted).render_as_string(hide_password=False)


def test_a_server_whose_certificate_is_trusted_is_used_over_TLS(server: tuple[str, Path]) -> None:  # noqa: N802 - TLS
    url = checked(*server)
    PostgresqlStore(url, "secret", 2).close()
    migrate(url, "secret", 2)
    with connect(log_url(url, "secret")) as connection:
        assert connection.pgconn.ssl_in_use


def test_a_server_whose_certificate_is_not_trusted_is_not_used(server: tuple[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(certificate()[0])
    with pytest.raises(StoreUnavailable, match="certificate verify failed"):
        PostgresqlStore(checked(server[0], other), "secret", 2)
