"""What can be set, each as an environment variable LIENTHONG_IDENTITY_<NAME>."""

from __future__ import annotations

from pathlib import Path

from grpckit.server import ServerSettings
from grpckit.signing import PUBLIC_KEY_BYTES
from pydantic import Base64Bytes, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where identity listens, where it keeps its data, and what it allows; times in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_IDENTITY_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=7001, ge=0, le=65535, description="0: any free one")
    data: Path = Field(default=Path("data/identity"), description="folder of log, views and the operator's key")
    partitions: int = Field(default=4, ge=1, le=1000, description="of the log, for ever: the first start fixes it")
    max_receive_bytes: int = Field(default=1024 * 1024, gt=0, description="of one request")
    max_calls: int = Field(default=1000, gt=0, description="served at a time")
    operator_public_key: Base64Bytes | None = Field(
        default=None,
        description="Ed25519, enrolled at the first start; empty: a key is made, and kept in the data folder",
    )
    deadline: float = Field(default=30, gt=0, description="where the client names none")
    drain: float = Field(default=10, ge=0, description="for running calls to end when the service stops")

    @field_validator("operator_public_key")
    @classmethod
    def _of_ed25519(cls, key: bytes | None) -> bytes | None:
        if key is not None and len(key) != PUBLIC_KEY_BYTES:
            raise ValueError(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes: `lienthong key new` prints it")
        return key

    @property
    def operator_key(self) -> Path:
        """The operator's key file, made at the first start unless the operator keeps the key elsewhere."""
        return self.data / "operator.key"

    @property
    def server(self) -> ServerSettings:
        """What of it concerns the gRPC server."""
        names = ("host", "port", "max_receive_bytes", "max_calls", "deadline", "drain")
        return ServerSettings(**{name: getattr(self, name) for name in names})
