"""What keeps a service from starting on PostgreSQL and Kafka is one line with the remedy, and status 2: no traceback.

In a pod that line is the termination message.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from eventlog.kafka import topic_name
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

LOG = "identity"
_PASSWORD = "only for this test"  # noqa: S105 - of a server that ends with the tests


class Started:
    """Starts identity as a process where it cannot start."""

    def __init__(self, url: str, bootstrap: str, data: Path) -> None:
        self.url, self.bootstrap = url, bootstrap
        self._data = data

    def execute(self, *statements: str) -> None:
        """Run statements as the owner."""
        text = sa.make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def refused(self, *arguments: str, url: str = "", **environment: str) -> str:
        """Run it; return its only line."""
        ended = subprocess.run(
            [sys.executable, "-m", "identity_service", *arguments],
            env={
                **os.environ,
                "LIENTHONG_DATABASE_URL": url or self.url,
                "LIENTHONG_KAFKA_BOOTSTRAP": self.bootstrap,
                "LIENTHONG_IDENTITY_DATA": str(self._data),
                "LIENTHONG_IDENTITY_PORT": "0",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ended.returncode == 2, ended.stderr
        assert not ended.stdout
        [line] = ended.stderr.splitlines()
        assert line.startswith(f"{LOG}: ")
        return line

    def migrate(self) -> None:
        """Migrate, as it should be."""
        environment = {"LIENTHONG_DATABASE_URL": self.url, "LIENTHONG_KAFKA_BOOTSTRAP": self.bootstrap}
        command = [sys.executable, "-m", "identity_service", "migrate"]
        subprocess.run(command, env={**os.environ, **environment}, check=True, timeout=100)


@pytest.fixture
def start(fresh_database: str, kafka_bootstrap: str, tmp_path: Path) -> Iterator[Started]:
    started = Started(fresh_database, kafka_bootstrap, tmp_path)
    yield started
    started.execute("DROP SCHEMA IF EXISTS log_identity, views_identity CASCADE")


def test_before_the_migration(start: Started) -> None:
    assert "run `python -m identity_service migrate` as its owner" in start.refused()


def test_an_image_that_is_older_than_the_database_at_the_migration_and_at_the_start(start: Started) -> None:
    start.migrate()
    start.execute("UPDATE log_identity.alembic_version SET version_num = '9999'")
    for arguments in (("migrate",), ()):
        line = start.refused(*arguments)
        assert "is newer than this program" in line
        assert "run the newer image" in line


def test_another_number_of_partitions_at_the_migration_and_at_the_start(start: Started) -> None:
    start.migrate()
    for arguments in (("migrate",), ()):
        line = start.refused(*arguments, LIENTHONG_IDENTITY_PARTITIONS="8")
        assert "start with partitions 4" in line


def test_a_migration_by_someone_without_rights(start: Started) -> None:
    start.execute(f"CREATE ROLE intruder LOGIN PASSWORD '{_PASSWORD}'")
    url = sa.make_url(start.url).set(username="intruder", password=_PASSWORD)
    try:
        line = start.refused("migrate", url=url.render_as_string(hide_password=False))
    finally:
        start.execute("DROP ROLE intruder")
    assert "intruder may not migrate" in line
    assert _PASSWORD not in line


def test_a_database_without_the_services_role(start: Started) -> None:
    start.migrate()
    start.execute("DROP OWNED BY lienthong_identity CASCADE")
    assert "has lost its rights to log_identity; run `python -m identity_service migrate`" in start.refused()


def test_a_topic_with_finite_retention(start: Started) -> None:
    start.migrate()
    admin = KafkaAdminClient(bootstrap_servers=start.bootstrap)
    topic = topic_name(LOG)
    finite = {"retention.ms": "604800000"}
    if topic in admin.list_topics():
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, finite)])
    else:
        admin.create_topics({topic: {"num_partitions": 4, "replication_factor": 1, "configs": finite}})
        admin.wait_for_topics([topic])
    try:
        line = start.refused()
    finally:
        admin.delete_topics([topic])
        admin.close()
    assert "has retention.ms=604800000" in line
    assert "kafka-configs.sh" in line
