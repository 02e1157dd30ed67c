"""Addresses for what a process listens on beside its calls: probes, and the scrape port of metrics."""

from __future__ import annotations

import errno
import socket

from grpckit.server import AddressInUse, AddressNotUsable, ServerError


def joined(host: str, port: int) -> str:
    """Return an address as clients dial it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_free(host: str, port: int) -> None:
    """Raise AddressInUse or AddressNotUsable unless it can be listened on now."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise why_not(host, port, error) from None


def why_not(host: str, port: int, error: OSError) -> ServerError:
    """Return what an error of listening means."""
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(joined(host, port))
    return AddressNotUsable(joined(host, port), error.strerror or str(error))
