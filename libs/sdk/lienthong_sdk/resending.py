"""Sending a stream of requests again. A channel cannot do it by itself: only who has the file can read it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
from decider.refusal import Refusal
from grpckit.errors import CODES
from grpckit.retries import Retries

T = TypeVar("T")
_RETRIES = Retries()


async def resent(call: Callable[[], Awaitable[T]]) -> T:
    """Call, and call again where the stream was cut, as when a replica ends; its request id has it done once.

    `call` makes a new stream each time, with the same first message. Raises what the last try ended with.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return await call()
        except Refusal as refusal:
            pause = _RETRIES.pause(attempt, CODES[refusal.kind], refusal)
            if pause is None:
                raise
        except grpc.aio.AioRpcError as error:
            pause = _RETRIES.pause(attempt, error.code(), None)
            if pause is None:
                raise
        await asyncio.sleep(pause)
