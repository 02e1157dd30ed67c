"""A wire between two programs that can be cut: a TCP proxy on the loopback interface."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

_CHUNK = 64 * 1024
HOST = "127.0.0.1"


class Wire:
    """Passes every connection to `port` on to another port.

    Cut, it swallows what comes and says nothing, as a dead network does: nobody is told that the other side is away.
    """

    def __init__(self, port: int, beyond: int) -> None:
        self._port = port
        self._beyond = beyond
        self._whole = asyncio.Event()
        self._whole.set()
        self._running: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Let nothing through, neither of the connections that are there nor of new ones."""
        self._whole.clear()

    def mend(self) -> None:
        """Let new connections through; the old ones are broken, for what they lost is lost."""
        for task in self._running:
            task.cancel()
        self._whole.set()

    @contextlib.asynccontextmanager
    async def strung(self) -> AsyncIterator[Wire]:
        """Listen until the end of the block."""
        server = await asyncio.start_server(self._connected, HOST, self._port)
        try:
            yield self
        finally:
            server.close()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one side has gone, or the wire was mended: both see the connection end
        finally:
            self._running.discard(task)
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        beyond_reader, beyond_writer = await asyncio.open_connection(HOST, self._beyond)
        ways = {
            asyncio.create_task(self._pass(reader, beyond_writer)),
            asyncio.create_task(self._pass(beyond_reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            beyond_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            if not self._whole.is_set():
                continue  # swallowed
            writer.write(chunk)
            await writer.drain()
