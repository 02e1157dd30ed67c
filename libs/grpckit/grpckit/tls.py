"""TLS of both sides, from files that are re-read when they change: a renewed certificate needs no restart.

A server asks its files before each handshake: connections that are open go on, new ones get what is on disk by then.
A client's files are asked before each call (`renewing`). At least TLS 1.2 is spoken: gRPC's own least, and 1.3 with
whoever can.

    TlsSettings          what an operator sets, LIENTHONG_TLS_<NAME>
    ServerTls            how a server's port is secured, from that
    ClientTls            how a client connects (`renewing`, which is sooner imported)
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import grpc
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from grpckit.certificates import Pem, TlsFileError, TlsFiles, observed_certificates
from grpckit.renewing import ClientTls, channel_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NO_TLS",
    "ClientTls",
    "ServerTls",
    "TlsFileError",
    "TlsFiles",
    "TlsSettings",
    "channel_credentials",
    "observed_certificates",
]

Plaintext = Literal["refused", "allowed"]


class TlsSettings(BaseSettings):
    """TLS of the gRPC port, each as an environment variable LIENTHONG_TLS_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_TLS_", env_ignore_empty=True, frozen=True)

    certificate: Path | None = Field(default=None, description="PEM file: the server's certificate, then its chain")
    key: Path | None = Field(default=None, description="PEM file: the certificate's private key, not encrypted")
    client_ca: Path | None = Field(
        default=None, description="PEM file of authorities: clients must show a certificate that one of them signed"
    )
    plaintext: Plaintext = Field(default="refused", description="allowed: without TLS also beyond loopback")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY go together: set both, or neither")
        if self.client_ca and not self.certificate:
            raise ValueError("LIENTHONG_TLS_CLIENT_CA needs LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY: set them")
        return self

    def open(self) -> ServerTls:
        """Read the files, where some are named; TlsFileError when one cannot be used."""
        if self.certificate is None:
            return ServerTls(plaintext=self.plaintext)
        return ServerTls(TlsFiles(self.certificate, self.key, self.client_ca))


@dataclass(frozen=True, slots=True)
class ServerTls:
    """How a server's port is secured: by these files, else not at all, which is for loopback unless `allowed`."""

    files: TlsFiles | None = None
    plaintext: Plaintext = "refused"

    def bars(self, host: str) -> bool:
        """Tell whether nothing may be served on this host for want of TLS."""
        return self.exposes(host) and self.plaintext == "refused"

    def exposes(self, host: str) -> bool:
        """Tell whether calls to this host would cross a network in plaintext."""
        return self.files is None and not is_loopback(host)

    def credentials(self) -> grpc.ServerCredentials | None:
        """Make the credentials of one port; None for plaintext."""
        if self.files is None:
            return None
        given = self.files.current()
        fetch: Any = _newer(self.files, given)  # the stubs leave out that None means: no change
        return grpc.dynamic_ssl_server_credentials(_configuration(given), fetch, bool(given.authorities))


NO_TLS = ServerTls()


def is_loopback(host: str) -> bool:
    """Tell whether what is sent to this host stays on the machine; a name other than localhost is not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _newer(files: TlsFiles, given: Pem) -> Callable[[], grpc.ServerCertificateConfiguration | None]:
    """Return what gRPC asks before each handshake, from its own threads: a newer configuration, or None."""
    last = given

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        now = files.current()
        if now is last:
            return None
        last = now
        return _configuration(now)

    return fetch


def _configuration(pem: Pem) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(pem.key, pem.certificate)], pem.authorities or None)
