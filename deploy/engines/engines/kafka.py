"""An Apache Kafka for tests: the one named in the environment, else one in Docker, else one on the local Java."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka_local import VERSION, Kafka, KafkaLocalError, missing
from kafka_local.ports import free_ports
from kafka_local.properties import HOST
from kafka_local.ready import wait_ready
from testcontainers.core.container import DockerContainer

from engines.docker_engine import docker_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "LIENTHONG_TEST_KAFKA_BOOTSTRAP"
_IMAGE = f"apache/kafka:{VERSION}"
_INSIDE = 9092


@dataclass(frozen=True)
class Broker:
    """A cluster that tests may use as they like, and a line that says which it is."""

    bootstrap: str
    described: str


class NoBroker(Exception):
    """No Kafka can be had here; the text is the reason."""


@contextmanager
def kafka() -> Iterator[Broker]:
    """Give a Kafka until the block ends. Raises NoBroker."""
    given = os.environ.get(VARIABLE)
    if given:
        yield Broker(given, f"Apache Kafka {_version(given)} at {given} ({VARIABLE})")
    elif docker_answers():
        with _contained() as bootstrap:
            yield Broker(bootstrap, f"Apache Kafka {_version(bootstrap)} in Docker ({_IMAGE})")
    else:
        with _local() as bootstrap:
            yield Broker(bootstrap, f"Apache Kafka {_version(bootstrap)} on the local Java ({VERSION} by Maven)")


@contextmanager
def _contained() -> Iterator[str]:
    port = next(free_ports())
    container = DockerContainer(_IMAGE).with_bind_ports(_INSIDE, port)
    for name, value in _container_settings(port).items():
        container = container.with_env(name, value)
    with container:
        wait_ready({1: port}, lambda _: True, lambda _: "see the container's log")
        yield f"{HOST}:{port}"


def _container_settings(port: int) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{_INSIDE},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


@contextmanager
def _local() -> Iterator[str]:
    lacking = missing()
    if lacking:
        raise NoBroker(f"no address in {VARIABLE}, no Docker engine, and {lacking}")
    cluster = Kafka()
    try:
        cluster.start()
    except KafkaLocalError as error:
        raise NoBroker(f"no address in {VARIABLE}, no Docker engine, and {error}") from error
    try:
        yield cluster.bootstrap
    finally:
        cluster.stop()


def _version(bootstrap: str) -> str:
    """Return what the broker's supported protocol versions tell of its release, such as "4.3"."""
    try:
        consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), metrics_enabled=False)
    except (KafkaError, OSError) as error:
        raise NoBroker(f"Kafka at {bootstrap} does not answer: {type(error).__name__}") from error
    with suppress(KafkaError):
        consumer.close(autocommit=False)
    return ".".join(str(part) for part in consumer.config["api_version"])
