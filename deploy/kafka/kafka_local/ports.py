"""Ports for brokers that come and go.

They are chosen outside the range of which the system gives ports to clients: a client that tries to reach a broker
that is down could otherwise be given the broker's own port, and keep it from starting again.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

from kafka_local.errors import KafkaLocalError
from kafka_local.properties import HOST

_LOWEST, _BEYOND = 20_000, 32_000


def free_ports() -> Iterator[int]:
    """Give ports that nobody listens on, each once."""
    candidates = random.sample(range(_LOWEST, _BEYOND), _BEYOND - _LOWEST)
    yield from (port for port in candidates if is_free(port))
    raise KafkaLocalError("no port is free")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int, host: str = HOST) -> bool:
    """Tell whether a server listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
