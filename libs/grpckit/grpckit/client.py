"""A channel for the generated stubs that signs each call, limits its time, tries again and raises Refusal.

    Refusal                what the server refused, with its reason and both texts
    grpc.aio.AioRpcError   everything else: no connection, deadline, a fault of the server

A unary call is tried again as `retries` says, each time signed anew; a stream of answers only before its first
message; a stream of requests never. Commands carry a request id, so a repeated one is done once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import grpc

from grpckit.outgoing import Caller, Outgoing, StreamStream, StreamUnary, UnaryStream, UnaryUnary
from grpckit.renewing import ClientTls, RenewingChannel
from grpckit.retries import Retries
from grpckit.signing import Signer, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

_SERVICE_CONFIG = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})


def connect(
    address: str,
    signer: Signer | None = None,
    *,
    timeout: float = 10.0,
    retries: Retries | None = None,
    max_receive_bytes: int = 4 * 1024 * 1024,
    max_send_bytes: int = 1024 * 1024,
    clock: Callable[[], datetime] = utc_now,
    tls: ClientTls | None = None,
    server_name: str = "",
) -> Channel:
    """Open a channel; it connects at the first call. `timeout` in seconds holds for calls that name none.

    Without a signer calls go out unsigned, without `tls` in plaintext. The files of `tls` are re-read when they change;
    TlsFileError when one cannot be used now. `address` is "host:port" or "dns:///name:port", whose addresses then share
    the calls; where it is one of several replicas' own, `server_name` is what their certificates name.
    """
    options = [
        ("grpc.max_receive_message_length", max_receive_bytes),
        ("grpc.max_send_message_length", max_send_bytes),
        ("grpc.max_metadata_size", 64 * 1024),
        ("grpc.service_config", _SERVICE_CONFIG),
        ("grpc.enable_retries", 0),  # gRPC's own would send the same signature twice
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        # how long an attempt to connect may take; what is refused at once is tried again after the initial backoff
        ("grpc.min_reconnect_backoff_ms", 5_000),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        # names are looked up anew when a connection ends: after 30 s at the earliest by gRPC's default, in which time
        # a roll-out has replaced every replica
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ]
    if server_name:
        options.append(("grpc.ssl_target_name_override", server_name))
    channel: grpc.aio.Channel
    if tls is None:
        channel = grpc.aio.insecure_channel(address, options)
    else:
        channel = RenewingChannel(address, tls.open(), options)
    return Channel(channel, Caller(signer, timeout, retries or Retries(), clock))


class Channel(grpc.aio.Channel):
    """A channel for generated stubs. Calls without a stream of answers are awaited; the others are iterated."""

    def __init__(self, channel: grpc.aio.Channel, caller: Caller) -> None:
        self._channel = channel
        self._caller = caller

    def unary_unary(self, method: str, *args: Any, **options: Any) -> Any:
        """Make a callable; used by generated stubs."""
        return self._callable(UnaryUnary, self._channel.unary_unary, method, args, options)

    def unary_stream(self, method: str, *args: Any, **options: Any) -> Any:
        """Make a callable; used by generated stubs."""
        return self._callable(UnaryStream, self._channel.unary_stream, method, args, options)

    def stream_unary(self, method: str, *args: Any, **options: Any) -> Any:
        """Make a callable; used by generated stubs."""
        return self._callable(StreamUnary, self._channel.stream_unary, method, args, options)

    def stream_stream(self, method: str, *args: Any, **options: Any) -> Any:
        """Make a callable; used by generated stubs."""
        return self._callable(StreamStream, self._channel.stream_stream, method, args, options)

    def _callable(
        self, kind: type[Outgoing], make: Any, method: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        names = ("request_serializer", "response_deserializer", "_registered_method")
        given = dict(zip(names, args, strict=False)) | options
        serialise = given.pop("request_serializer")
        return kind(self._caller, make(method, request_serializer=None, **given), method, serialise)

    async def close(self, grace: float | None = None) -> None:
        """Close; calls under way get `grace` seconds."""
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - gRPC's
        """Return the state of the connection."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return when the state is another."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return when connected."""
        await self._channel.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
