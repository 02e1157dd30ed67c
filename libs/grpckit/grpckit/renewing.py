"""The client's side of TLS: a channel whose files are re-read, which gRPC itself cannot do for a client in Python.

The credentials of a gRPC channel are fixed when it is made. So a new channel takes the old one's place when the files
have changed: calls under way end on the old one, which is closed when the last of them has; later calls, and their
handshakes, use the new files. A call costs a `stat` a file more than on a plain channel.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import grpc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from grpckit.certificates import Pem, TlsFiles


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How a client connects: the authorities that vouch for servers, and its own certificate where servers ask."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def open(self) -> TlsFiles:
        """Read the files; TlsFileError when one cannot be used."""
        from grpckit.certificates import TlsFiles  # noqa: PLC0415 - 0.2 s that clients without TLS need not wait

        return TlsFiles(self.certificate, self.key, self.ca)


def channel_credentials(pem: Pem) -> grpc.ChannelCredentials:
    """Make the credentials of one plain channel of gRPC's, which never change."""
    return grpc.ssl_channel_credentials(pem.authorities, pem.key or None, pem.certificate or None)


class _Connected:
    """A channel with the contents it was made of, and how many calls run on it."""

    def __init__(self, channel: grpc.aio.Channel, pem: Pem) -> None:
        self.channel = channel
        self.pem = pem
        self._calls = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None

    def watch(self, call: Any) -> None:
        """Count a call until it is done."""
        self._calls += 1
        call.add_done_callback(self._done)

    def retire(self) -> None:
        """Close when no call runs."""
        self._retired = True
        if not self._calls:
            self._closing = asyncio.get_running_loop().create_task(self.channel.close())

    async def close(self, grace: float | None) -> None:
        """Close now; calls under way get `grace` seconds."""
        if self._closing is not None:
            await self._closing
        await self.channel.close(grace)

    @property
    def closed(self) -> bool:
        """Whether it was retired and its last call has ended."""
        return self._closing is not None and self._closing.done()

    def _done(self, call: Any) -> None:
        del call
        self._calls -= 1
        if self._retired:
            self.retire()


class RenewingChannel(grpc.aio.Channel):
    """A secure channel to an address; TlsFileError is raised before, by whoever opens the files."""

    def __init__(self, address: str, files: TlsFiles, options: Sequence[tuple[str, Any]]) -> None:
        self._address = address
        self._files = files
        self._options = options
        self._connected = self._connect(files.current())
        self._retired: list[_Connected] = []

    def connected(self) -> _Connected:
        """Return the channel of the files as they are now."""
        pem = self._files.current()
        if pem is not self._connected.pem:
            old, self._connected = self._connected, self._connect(pem)
            old.retire()
            self._retired = [each for each in (*self._retired, old) if not each.closed]
        return self._connected

    def unary_unary(self, method: str, **given: Any) -> Any:  # type: ignore[override] # always by name here
        """Make a callable."""
        return _Callable(self, "unary_unary", method, given)

    def unary_stream(self, method: str, **given: Any) -> Any:  # type: ignore[override]
        """Make a callable."""
        return _Callable(self, "unary_stream", method, given)

    def stream_unary(self, method: str, **given: Any) -> Any:  # type: ignore[override]
        """Make a callable."""
        return _Callable(self, "stream_unary", method, given)

    def stream_stream(self, method: str, **given: Any) -> Any:  # type: ignore[override]
        """Make a callable."""
        return _Callable(self, "stream_stream", method, given)

    async def close(self, grace: float | None = None) -> None:
        """Close; calls under way get `grace` seconds."""
        await asyncio.gather(*(each.close(grace) for each in (self._connected, *self._retired)))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - gRPC's
        """Return the state of the connection."""
        return self.connected().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return when the state is another."""
        await self.connected().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return when connected."""
        await self.connected().channel.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _connect(self, pem: Pem) -> _Connected:
        return _Connected(grpc.aio.secure_channel(self._address, channel_credentials(pem), self._options), pem)


class _Callable:
    """What a stub calls: the same method, on whichever channel is the present one."""

    def __init__(self, renewing: RenewingChannel, kind: str, method: str, given: dict[str, Any]) -> None:
        self._renewing = renewing
        self._kind, self._method, self._given = kind, method, given
        self._connected: _Connected | None = None
        self._plain: Any = None

    def __call__(self, *args: Any, **options: Any) -> Any:
        connected = self._renewing.connected()
        if connected is not self._connected:
            self._connected = connected
            self._plain = getattr(connected.channel, self._kind)(self._method, **self._given)
        call = self._plain(*args, **options)
        connected.watch(call)
        return call
