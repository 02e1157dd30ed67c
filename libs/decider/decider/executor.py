"""The executor: runs a decision against a stream and stores what it decides.

Invariants:

1. What is stored was decided on the very state that it follows: the append expects the version decided on.
2. A request is answered once: repeated with the same bytes it gets its first result, whatever has happened since;
   with other bytes it is refused.
3. Commands for one stream take turns within a process, so only another process can cause a conflict: then reload and
   decide again, three times at most.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from eventlog.errors import Conflict, LogError
from eventlog.record import prepare
from eventlog.store import Append
from google.protobuf.message import Message
from lienthong.log.v1 import record_pb2

from decider import refusals
from decider.refusal import Refusal

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.store import Request, Store
    from eventlog.writer import Writer

    from decider.decider import Decider

S = TypeVar("S")
Decide = Callable[[S], Sequence[Message]]
_TRIES = 3
_PAGE = 1000


@dataclass(frozen=True)
class Intent:
    """Who asks, why, and under which request."""

    origin: record_pb2.Origin
    cause: record_pb2.Cause
    request: Request | None


@dataclass(frozen=True)
class Done(Generic[S]):
    """The state after a command, and the records that it made: none when nothing happened."""

    state: S
    records: Sequence[Recorded]
    repeated: bool = False

    @property
    def position(self) -> record_pb2.Position | None:
        """Where in the log the last of the records stands."""
        if not self.records:
            return None
        last = self.records[-1]
        return record_pb2.Position(log=last.log, partition=last.partition, position=last.position)


class Executor(Generic[S]):
    """Executes the commands of one kind of entity."""

    def __init__(self, decider: Decider[S], store: Store, writer: Writer, *, remember: int = 4096) -> None:
        self._decider = decider
        self._store = store
        self._writer = writer
        self._remember = remember
        self._states: OrderedDict[str, tuple[int, S]] = OrderedDict()
        self._turns: dict[str, _Turn] = {}

    async def create(self, stream: str, decide: Decide[S], intent: Intent) -> Done[S]:
        """Execute a command that should begin a stream: it is decided on the initial state, without reading first."""
        async with self._turn(stream):
            self._states.setdefault(stream, (0, self._decider.initial))
            return await self._execute(stream, decide, intent)

    async def execute(self, stream: str, decide: Decide[S], intent: Intent) -> Done[S]:
        """Execute a command on a stream; Refusal when it is not granted."""
        async with self._turn(stream):
            return await self._execute(stream, decide, intent)

    async def state(self, stream: str) -> S:
        """Return a stream's state as it is stored now."""
        return (await self._read(stream, 0, self._decider.initial))[1]

    async def _execute(self, stream: str, decide: Decide[S], intent: Intent) -> Done[S]:
        for _ in range(_TRIES):
            version, state = self._states.get(stream) or await self._load(stream, 0, self._decider.initial)
            events, refusal = _decided(decide, state)
            if events:
                try:
                    return await self._append(stream, version, state, events, intent)
                except Conflict:
                    continue
            if earlier := await self._first_result(stream, intent):
                return earlier
            if (await self._load(stream, version, state))[0] > version:
                continue  # another process has written meanwhile: what was decided, was decided on the past
            if refusal is not None:
                raise refusal
            return Done(state, ())
        raise refusals.busy(stream)

    async def _append(self, stream: str, version: int, state: S, events: Sequence[Message], intent: Intent) -> Done[S]:
        self._states.pop(stream, None)  # until the outcome is known, nothing is
        try:
            origin, cause = intent.origin.SerializeToString(), intent.cause.SerializeToString()
            sealable = [prepare(stream, event, origin, cause) for event in events]
            made = await self._writer.append(Append(stream, version, sealable, intent.request))
        except Conflict:
            raise
        except LogError as error:
            raise refusals.of(error) from error
        if made.repeated:
            return await self._repeated(stream, made.records)
        self._keep(stream, version + len(events), self._decider.fold(events, state))
        return Done(self._states[stream][1], made.records)

    async def _first_result(self, stream: str, intent: Intent) -> Done[S] | None:
        if intent.request is None:
            return None
        try:
            records = await asyncio.to_thread(self._store.read_request, intent.request)
        except LogError as error:
            raise refusals.of(error) from error
        return await self._repeated(stream, records) if records else None

    async def _repeated(self, stream: str, records: Sequence[Recorded]) -> Done[S]:
        if records[0].stream != stream:
            raise refusals.reused()
        _, state = await self._read(stream, 0, self._decider.initial, last=records[-1].version)
        return Done(state, records, repeated=True)

    async def _load(self, stream: str, version: int, state: S) -> tuple[int, S]:
        loaded = await self._read(stream, version, state)
        self._keep(stream, *loaded)
        return loaded

    async def _read(self, stream: str, version: int, state: S, last: int | None = None) -> tuple[int, S]:
        while True:
            limit = _PAGE if last is None else min(_PAGE, last - version)
            try:
                page = await asyncio.to_thread(self._store.read_stream, stream, version + 1, limit)
            except LogError as error:
                raise refusals.of(error) from error
            state = self._decider.fold((recorded.event for recorded in page), state)
            version += len(page)
            if len(page) < _PAGE or version == last:
                return version, state

    def _keep(self, stream: str, version: int, state: S) -> None:
        self._states[stream] = (version, state)
        self._states.move_to_end(stream)
        while len(self._states) > self._remember:
            self._states.popitem(last=False)

    @asynccontextmanager
    async def _turn(self, stream: str) -> AsyncIterator[None]:
        turn = self._turns.get(stream)
        if turn is None:
            turn = self._turns[stream] = _Turn()
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[stream]


class _Turn:
    """Whose turn it is on one stream, kept while somebody wants it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0


def _decided(decide: Decide[S], state: S) -> tuple[Sequence[Message], Refusal | None]:
    try:
        return decide(state), None
    except Refusal as refusal:
        return (), refusal
