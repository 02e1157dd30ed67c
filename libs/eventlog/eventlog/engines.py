"""Which engines a service runs on: SQLite and a local topic by default, PostgreSQL and Kafka by configuration alone.

    LIENTHONG_DATABASE_URL        postgresql://user:password@host/database?sslmode=verify-full&sslrootcert=FILE
    LIENTHONG_KAFKA_BOOTSTRAP     host:port,host:port
    LIENTHONG_KAFKA_*             security, ca, certificate, key, mechanism, username, password, replication, min_insync

They are the same for every service, so they carry no service's prefix. An engine's library is imported when it is
used: the embedded platform starts without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from eventlog.local_topic import LocalTopic
from eventlog.own_log import OwnLog, open_sqlite

if TYPE_CHECKING:
    from eventlog.kafka import KafkaSettings
    from eventlog.topic import Topic


@dataclass(frozen=True)
class Engines:
    """Where logs and what is derived from them are kept: in files of a service's data folder, or in one database."""

    database_url: str = ""  # empty: files

    def open_log(self, data: Path, log: str, partitions: int, topic: Topic) -> OwnLog:
        """Open or make a log; StoreMismatch when another one is there, NotMigrated before `migrate` has run."""
        if not self.database_url:
            return open_sqlite(data / "log.sqlite", log, partitions, topic)
        from eventlog.postgresql.own_log import open_postgresql  # noqa: PLC0415 - see the module

        return open_postgresql(self.database_url, log, partitions, topic)

    def views_url(self, data: Path, log: str) -> str:
        """Return where the views of a log's service are kept, as SQLAlchemy takes it."""
        return self._url(data / "views.sqlite", log)

    def marks_url(self, data: Path, log: str) -> str:
        """Return where the positions of its processes are kept, as SQLAlchemy takes it."""
        return self._url(data / "processes.sqlite", log)

    def _url(self, file: Path, log: str) -> str:
        if not self.database_url:
            return f"sqlite:///{file}"
        from eventlog.postgresql import views_url  # noqa: PLC0415 - see the module

        return views_url(self.database_url, log)


class EngineSettings(BaseSettings):
    """What can be set, each as an environment variable LIENTHONG_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", frozen=True)

    database_url: SecretStr = Field(default=SecretStr(""), description="of PostgreSQL; empty: files in the data folder")
    kafka_bootstrap: str = Field(default="", description="host:port,host:port; empty: a local topic")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca: Path | None = Field(default=None, description="PEM; empty: what the system trusts")
    kafka_certificate: Path | None = Field(default=None, description="PEM, for mutual TLS")
    kafka_key: Path | None = Field(default=None, description="PEM")
    kafka_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_replication: int | None = Field(default=None, ge=1, description="copies of a topic that is made")
    kafka_min_insync: int | None = Field(default=None, ge=1, description="copies that must have what is acknowledged")

    @model_validator(mode="after")
    def _one_topic_for_all(self) -> Self:
        if self.database_url.get_secret_value() and not self.kafka_bootstrap:
            raise ValueError(
                "with LIENTHONG_DATABASE_URL set LIENTHONG_KAFKA_BOOTSTRAP too: a local topic has no replicas"
            )
        return self

    @property
    def engines(self) -> Engines:
        """Where logs and views are kept."""
        return Engines(self.database_url.get_secret_value())

    def migrate(self, log: str, partitions: int) -> None:
        """Bring a log's schema in PostgreSQL up to date; nothing is to be done for files."""
        if url := self.database_url.get_secret_value():
            from eventlog.postgresql import migrate  # noqa: PLC0415 - see the module

            migrate(url, log, partitions)

    def open_topic(self, data: Path, service: str) -> Topic:
        """Open the topic: Kafka's, or one in the data folder, which nobody else fills. Close it last."""
        if not self.kafka_bootstrap:
            return LocalTopic(data / "topic.sqlite")
        from eventlog.kafka import KafkaTopic  # noqa: PLC0415 - see the module

        return KafkaTopic(self._kafka(service))

    def _kafka(self, service: str) -> KafkaSettings:
        from eventlog.kafka import KafkaSettings  # noqa: PLC0415 - see the module

        return KafkaSettings(
            bootstrap=self.kafka_bootstrap,
            service=service,
            security=self.kafka_security,
            ca=self.kafka_ca,
            certificate=self.kafka_certificate,
            key=self.kafka_key,
            mechanism=self.kafka_mechanism,
            username=self.kafka_username,
            password=None if self.kafka_password is None else self.kafka_password.get_secret_value(),
            replication=self.kafka_replication,
            min_insync=self.kafka_min_insync,
        )
