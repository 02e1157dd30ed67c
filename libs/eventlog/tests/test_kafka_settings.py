"""The settings of Kafka: what is given to its client, and what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from eventlog.errors import UsageError
from eventlog.kafka import KafkaSettings


def test_the_password_is_never_shown() -> None:
    settings = KafkaSettings("a:1", security="SASL_SSL", username="docexchange", password="very-secret")  # noqa: S106
    assert "very-secret" not in f"{settings!r} {settings} {settings.client()}"
    assert settings.client()["sasl_plain_password"] == "very-secret"  # noqa: S105


def test_without_security_no_secret_is_given() -> None:
    settings = KafkaSettings("a:1", username="docexchange", password="very-secret", ca=Path("ca.pem"))  # noqa: S106
    assert not [name for name in settings.client() if name.startswith(("sasl", "ssl"))]


def test_every_address_is_used() -> None:
    assert KafkaSettings("a:1,b:2").client()["bootstrap_servers"] == ["a:1", "b:2"]


def test_mutual_tls_takes_three_files() -> None:
    ca, certificate, key = Path("ca.pem"), Path("own.pem"), Path("own.key")
    client = KafkaSettings("a:1", security="SSL", ca=ca, certificate=certificate, key=key).client()
    assert (client["ssl_cafile"], client["ssl_certfile"], client["ssl_keyfile"]) == ("ca.pem", "own.pem", "own.key")


def test_a_password_that_is_missing_is_noticed_at_once() -> None:
    with pytest.raises(UsageError, match="SASL_SSL needs a username and a password"):
        KafkaSettings("a:1", security="SASL_SSL", username="docexchange")
