"""What both servicers of commands need around a decision: who asks, and an answer that the next command can build on.

A command is answered when the directory of this process has folded what it did, so that whatever is asked here next
sees it, with or without `after`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from decider.executor import Done, Intent
from eventlog.partition import partition_of
from eventlog.store import Request
from grpckit.call import current_call
from lienthong.log.v1.record_pb2 import Position

if TYPE_CHECKING:
    from directory.following import Following
    from eventlog.store import Store

S = TypeVar("S")


def intent_of(request_id: str) -> Intent:
    """Say who asks, why, and under which request: for the call that is being served."""
    call = current_call()
    return Intent(call.origin, call.cause, Request(request_id, call.fingerprint))


class Answering:
    """Tells where an answer stands in the log, and has the directory folded up to there."""

    def __init__(self, store: Store, following: Following) -> None:
        self.directory = following.directory
        self._store = store
        self._following = following

    async def position(self, stream: str, done: Done[S]) -> Position:
        """Return where the answer stands, once the directory has folded it.

        Where nothing happened it is the head of the stream's partition: whoever waits for it sees what was found.
        """
        position = done.position or await self._head(stream)
        await self._following.wait([position])
        return position

    async def _head(self, stream: str) -> Position:
        heads = await asyncio.to_thread(self._store.heads)
        partition = partition_of(stream, self._store.partitions)
        return Position(log=self._store.log, partition=partition, position=heads[partition] - 1)
