"""What can be set, each as an environment variable LIENTHONG_DOCEXCHANGE_<NAME>."""

from __future__ import annotations

from pathlib import Path

from grpckit.server import ServerSettings
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Where docexchange listens, where it keeps its data, and what it allows; times in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_DOCEXCHANGE_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=7002, ge=0, le=65535, description="0: any free one")
    data: Path = Field(default=Path("data/docexchange"), description="folder of log, views and blobs")
    partitions: int = Field(default=4, ge=1, le=1000, description="of the log, for ever: the first start fixes it")
    identity_partitions: int = Field(default=4, ge=1, le=1000, description="of identity's log")
    blobs: str = Field(default="", description="address of a blob store, such as s3://bucket/prefix; empty: files")
    max_attachment_bytes: int = Field(default=200 * _MEBIBYTE, gt=0, description="of one attachment")
    max_message_bytes: int = Field(default=280 * _MEBIBYTE, gt=0, description="of an edXML message, base64 included")
    max_signature_bytes: int = Field(
        default=16 * _MEBIBYTE, gt=0, description="of an edXML message whose XML signature is checked, in memory"
    )
    trusted_certificates: Path | None = Field(
        default=None, description="PEM file of the authorities whose XML signatures are trusted"
    )
    max_receive_bytes: int = Field(default=1024 * 1024, gt=0, description="of one request")
    max_calls: int = Field(default=2000, gt=0, description="served at a time")
    deadline: float = Field(default=30, gt=0, description="where the client names none")
    drain: float = Field(default=10, ge=0, description="for running calls to end when the service stops")

    @property
    def spool(self) -> Path:
        """Folder of what is on its way in; empty when nothing is."""
        return self.data / "spool"

    @property
    def server(self) -> ServerSettings:
        """What of it concerns the gRPC server."""
        names = ("host", "port", "max_receive_bytes", "max_calls", "deadline", "drain")
        return ServerSettings(**{name: getattr(self, name) for name in names})
