"""How Kafka is reached. A plain value: services read it from their environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from eventlog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512"]
_SASL = {"SASL_PLAINTEXT", "SASL_SSL"}


@dataclass(frozen=True)
class KafkaSettings:
    """Addresses, security and limits. The password is never shown."""

    bootstrap: str  # host:port,host:port
    service: str = "service"  # whose followers share logs among themselves, and not with another's
    security: Security = "PLAINTEXT"
    ca: Path | None = None  # PEM; None: what the system trusts
    certificate: Path | None = None  # PEM, for mutual TLS
    key: Path | None = None  # PEM
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    replication: int | None = None  # copies of a topic that is made; None: as many as the brokers' default says
    min_insync: int | None = None  # copies that must have a record before it is acknowledged; None: likewise
    partitions: int = 4  # of a topic that is published to before anyone has said how many its log has
    connect_seconds: float = 10.0
    request_seconds: float = 10.0
    publish_seconds: float = 10.0  # until a batch must be acknowledged

    def __post_init__(self) -> None:
        """Refuse what Kafka's client would notice too late. Raises UsageError."""
        if self.security in _SASL and not (self.username and self.password):
            raise UsageError(f"{self.security} needs a username and a password")

    def client(self) -> dict[str, Any]:
        """Return the options that every client of kafka-python takes."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security,
            "bootstrap_timeout_ms": _millis(self.connect_seconds),
            "request_timeout_ms": _millis(self.request_seconds),
            "reconnect_backoff_max_ms": 1000,  # brokers come back; a follower that waits longer is late
        }
        if self.security in {"SSL", "SASL_SSL"}:
            files = {"ssl_cafile": self.ca, "ssl_certfile": self.certificate, "ssl_keyfile": self.key}
            options |= {name: str(path) for name, path in files.items() if path is not None}
        if self.security in _SASL:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = _Hidden(self.password)
        return options


class _Hidden(str):
    """A password; kafka-python writes its options into its debug log."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def _millis(seconds: float) -> int:
    return int(seconds * 1000)
