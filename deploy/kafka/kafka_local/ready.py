"""Waiting until brokers answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from kafka_local.errors import KafkaLocalError
from kafka_local.ports import answers
from kafka_local.properties import HOST

_PATIENCE = 90.0


def wait_ready(
    ports: dict[int, int], alive: Callable[[int], bool], why: Callable[[int], str], host: str = HOST
) -> None:
    """Wait until each node of `ports` serves and knows all of them. Raises KafkaLocalError when one has ended."""
    give_up = time.monotonic() + _PATIENCE
    for node, port in ports.items():
        while not (answers(port, host) and set(ports) <= known(port, host)):
            if not alive(node):
                raise KafkaLocalError(f"Kafka's node {node} did not start: {why(node)}")
            if time.monotonic() > give_up:
                raise KafkaLocalError(f"Kafka's node {node} did not answer within {_PATIENCE:.0f} s: {why(node)}")
            time.sleep(0.1)


def known(port: int, host: str = HOST) -> set[int]:
    """Return the brokers that the one at `port` of `host` knows of; none while it cannot say."""
    networks: list[KafkaNetClient] = []  # a constructor of kafka-python that fails leaves its sockets to nobody

    def network(**config: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    try:
        with _quiet():
            admin = KafkaAdminClient(
                bootstrap_servers=f"{host}:{port}", bootstrap_timeout_ms=2000, kafka_client=network
            )
            return {broker["broker_id"] for broker in admin.describe_cluster()["brokers"]}
    except (KafkaError, OSError):
        return set()
    finally:
        for each in networks:
            each.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep still while a broker is not there yet: that is no news."""
    log = logging.getLogger("kafka")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
