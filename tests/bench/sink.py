"""A collector of telemetry that takes all and keeps nothing: OTLP over gRPC on 127.0.0.1, in a process of its own.

Run as a module it is the server: it prints its endpoint and serves until it is told to end.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from tests.bench.loop import run

_SERVICES = ("trace.v1.TraceService", "metrics.v1.MetricsService")


@contextmanager
def running() -> Iterator[str]:
    """Run the server; give its endpoint."""
    with subprocess.Popen([sys.executable, "-m", "tests.bench.sink"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


async def _serve() -> None:
    async def take(_request: bytes, _context: Any) -> bytes:
        return b""

    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(take)
    for service in _SERVICES:
        name = f"opentelemetry.proto.collector.{service}"
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Export": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop(1)


if __name__ == "__main__":
    run(_serve)
