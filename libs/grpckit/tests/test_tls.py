from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpckit.retries import NO_RETRIES
from grpckit.signing import utc_now


def certificate() -> tuple[bytes, bytes]:
    """Make a self-signed certificate of 127.0.0.1 and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(hours=1))
        .not_valid_after(utc_now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)


async def test_both_sides_prove_themselves_over_mutual_tls(world: Any) -> None:
    server_key, server_cert = certificate()
    client_key, client_cert = certificate()
    server = grpc.ssl_server_credentials([(server_key, server_cert)], client_cert, require_client_auth=True)
    known = grpc.ssl_channel_credentials(server_cert, client_key, client_cert)
    stranger = grpc.ssl_channel_credentials(server_cert)
    async with world.serving(credentials=server):
        assert (await world.call(credentials=known)).system == "h41-qlvb"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.call(credentials=stranger, retries=NO_RETRIES, timeout=2)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
