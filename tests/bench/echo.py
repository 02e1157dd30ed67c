"""A bare echo over gRPC on the platform's kind of event loop: what the machine gives without the platform.

Run as a module it is the server: it prints its address and serves until it is told to end.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import grpc

from tests.bench.loop import run

Call: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

_SERVICE, _METHOD = "bench.Echo", "Echo"


@contextmanager
def running(answer_bytes: int) -> Iterator[str]:
    """Run the server in a process of its own, answering that many bytes; give its address."""
    command = [sys.executable, "-m", "tests.bench.echo", str(answer_bytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def caller(channel: grpc.aio.Channel, request: bytes) -> Call:
    """Return what calls once."""
    call: Any = channel.unary_unary(f"/{_SERVICE}/{_METHOD}")

    async def echo() -> None:
        await call(request, timeout=10)

    return echo


async def _serve(answer_bytes: int) -> None:
    answer = b"a" * answer_bytes

    async def echo(_request: bytes, _context: Any) -> bytes:
        return answer

    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(echo)
    server.add_registered_method_handlers(_SERVICE, {_METHOD: handler})
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {_METHOD: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    sys.stdout.write(f"127.0.0.1:{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop(1)


if __name__ == "__main__":
    run(lambda: _serve(int(sys.argv[1])))
