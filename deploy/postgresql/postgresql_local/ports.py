"""A port for a server that goes and comes again.

It is chosen outside the range of which the system gives ports to clients: a client that tries to reach a server that
is down could otherwise be given the server's own port, and keep it from starting again.
"""

from __future__ import annotations

import random
import socket

from postgresql_local.errors import PostgresqlLocalError
from postgresql_local.installation import HOST

_LOWEST, _BEYOND = 10_000, 20_000


def free_port() -> int:
    """Return a port that nobody listens on."""
    for port in random.sample(range(_LOWEST, _BEYOND), _BEYOND - _LOWEST):
        if is_free(port):
            return port
    raise PostgresqlLocalError("no port is free")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
