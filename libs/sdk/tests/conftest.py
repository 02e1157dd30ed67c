"""Logs for the commands that look at engines: a small one with everything published, and a way to run `lienthong`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from eventlog.conformance.material import append, made
from eventlog.kafka import KafkaSettings, KafkaTopic
from eventlog.postgresql import PostgresqlStore, migrate
from lienthong_sdk.main import app
from typer.testing import CliRunner, Result

_numbers = itertools.count()
PARTITIONS = 2


@dataclass
class Log:
    """A log in PostgreSQL and in Kafka."""

    name: str
    url: str
    bootstrap: str


@pytest.fixture
def log(fresh_database: str, kafka_bootstrap: str) -> Log:
    name = f"log_{time.time_ns():x}_{next(_numbers)}"
    migrate(fresh_database, name, PARTITIONS)
    store, topic = PostgresqlStore(fresh_database, name, PARTITIONS), KafkaTopic(KafkaSettings(kafka_bootstrap))
    for number in range(9):
        made(store.append([append(f"stream-{number}", 0, "1", "2")])[0])
    topic.heads(name, PARTITIONS)
    for partition, head in enumerate(store.heads()):
        topic.publish(store.read(partition, 0, head))
    store.close()
    topic.close()
    return Log(name, fresh_database, kafka_bootstrap)


@pytest.fixture
def lienthong(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command in this process."""
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP", "IDENTITY", "DOCEXCHANGE", "KEY"):
        monkeypatch.delenv(f"LIENTHONG_{name}", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])
