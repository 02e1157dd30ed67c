"""A broker that speaks TLS and asks for a password (SASL/SCRAM)."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from eventlog.conformance.material import records
from eventlog.errors import StoreUnavailable
from eventlog.kafka import KafkaSettings, KafkaTopic
from kafka_local import Kafka, Secure, missing

from .kafka_world import follow, new_log

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no broker of our own: {missing()}")
_PASSWORD = "not-to-be-seen"  # noqa: S105 - of a broker that lives for some seconds


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    secure = Secure(*_certificate(tmp_path_factory.mktemp("tls")), username="docexchange", password=_PASSWORD)
    with Kafka(secure=secure) as kafka:
        yield KafkaSettings(
            kafka.secure_bootstrap,
            security="SASL_SSL",
            ca=secure.ca,
            username=secure.username,
            password=_PASSWORD,
        )


def test_records_cross_and_the_password_is_in_no_log(settings: KafkaSettings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log = new_log()
    topic = KafkaTopic(settings)
    topic.publish(records(log, 0, range(10)))
    feed = topic.source(log, 4).subscribe("reader", {0: 0})
    follow(feed, 0, 10)
    feed.close()
    topic.close()
    assert _PASSWORD not in caplog.text


def test_a_wrong_password_is_refused_and_not_repeated_in_the_error(settings: KafkaSettings) -> None:
    topic = KafkaTopic(replace(settings, password="also-not-seen", connect_seconds=2.0))  # noqa: S106 - as above
    with pytest.raises(StoreUnavailable) as refused:
        topic.heads(new_log(), 4)
    assert "also-not-seen" not in f"{refused.value} {refused.value.__cause__!r}"


def test_a_broker_whose_certificate_nobody_vouches_for_is_not_trusted(settings: KafkaSettings) -> None:
    topic = KafkaTopic(replace(settings, ca=None, connect_seconds=2.0))
    with pytest.raises(StoreUnavailable):
        topic.heads(new_log(), 4)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a broker's key with its certificate, which vouches for itself: keystore and CA."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keystore, ca = folder / "broker.pem", folder / "ca.pem"
    keystore.write_bytes(private + pem)
    ca.write_bytes(pem)
    return keystore, ca
