"""The writer: group commit. What arrives while a commit is under way forms the next batch; nothing lingers.

A thread that waits is woken once its callers' loop has come round, not by the first append of a turn: what a loop does
in one turn goes into one batch, and the thread does not fight it for the interpreter's lock over a batch of one.

Invariants:

1. Each append is answered exactly once: with its records after they are durable, or with the error that says it was
   not made (StoreUnavailable: not made, or not known; repeat it with the same request).
2. A batch holds appends of one lane, in order of arrival, at most `max_batch`.
3. At most `max_waiting` wait; the next is refused with QueueFull at once.
4. After `close` no append is taken, and those taken before are answered.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.trace import Span, SpanKind, set_span_in_context

from eventlog import metering, trace_context, tracing
from eventlog.errors import Conflict, LogError, QueueFull, StoreUnavailable, WriterClosed
from eventlog.measuring import measure
from eventlog.partition import partition_of
from eventlog.progress import Progress
from eventlog.store import Appended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.store import Append, Store

_log = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    append: Append
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Appended]
    begun: float  # seconds, only forward
    call: Span | None  # whose consequences are traced


class Writer:
    """Makes appends in groups. Use it from any number of event loops; it has a thread for each lane."""

    def __init__(self, store: Store, *, max_batch: int = 512, max_waiting: int = 10_000) -> None:
        self._store = store
        self.log = store.log
        self.committed = Progress(store.heads())
        self._lanes = [_Lane(store, self.committed, max_batch, max_waiting) for _ in range(store.lanes)]
        metering.writers.add(self)

    async def append(self, append: Append) -> Appended:
        """Return the records once they are durable.

        Raises Conflict, RequestReused, QueueFull, WriterClosed or StoreUnavailable. To cancel the wait does not take
        the append back.
        """
        lane = self._lanes[partition_of(append.stream, self._store.partitions) % self._store.lanes]
        return await lane.enqueue(append)

    def close(self) -> None:
        """Refuse what comes, answer what waits, end the threads."""
        metering.writers.discard(self)
        for lane in self._lanes:
            lane.close()


class _Lane:
    def __init__(self, store: Store, committed: Progress, max_batch: int, max_waiting: int) -> None:
        self._store = store
        self._committed = committed
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._attributes = {"log": store.log}
        self._waiting: deque[_Waiting] = deque()
        self._news = threading.Condition()
        self._waking: set[asyncio.AbstractEventLoop] = set()  # those that will call `_wake` at their next turn
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"writer-{store.log}", daemon=True)
        self._thread.start()

    def enqueue(self, append: Append) -> asyncio.Future[Appended]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Appended] = loop.create_future()
        waiting = _Waiting(append, loop, future, time.perf_counter(), trace_context.followed())
        with self._news:
            if self._closed:
                raise WriterClosed("the writer is stopping")
            if len(self._waiting) >= self._max_waiting:
                raise QueueFull(len(self._waiting))
            self._waiting.append(waiting)
            if loop not in self._waking:  # each wakes for itself: one may stop before it does
                self._waking.add(loop)
                loop.call_soon(self._wake, loop)
        return future

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._news:
            self._waking.discard(loop)
            self._news.notify()

    def _run(self) -> None:
        while batch := self._next_batch():
            answers = self._commit([each.append for each in batch])
            ended = time.perf_counter()
            self._tell(answers)
            _deliver(batch, answers)
            self._measure(batch, answers, ended)

    def _next_batch(self) -> list[_Waiting]:
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closed)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_batch))]

    def _commit(self, appends: Sequence[Append]) -> Sequence[Appended | LogError]:
        try:
            return self._store.append(appends)
        except StoreUnavailable as error:
            return [error] * len(appends)
        except Exception as error:  # noqa: BLE001 - every waiter must be answered, and the lane must live on
            _log.exception("a batch of %d appends failed", len(appends))
            return [StoreUnavailable(f"the append failed: {type(error).__name__}")] * len(appends)

    def _tell(self, answers: Sequence[Appended | LogError]) -> None:
        ends: dict[int, int] = {}
        for answer in answers:
            if isinstance(answer, Appended) and answer.records and not answer.repeated:
                last = answer.records[-1]
                ends[last.partition] = last.position + 1
        for partition, end in ends.items():
            self._committed.moved(partition, end)

    def _measure(self, batch: Sequence[_Waiting], answers: Sequence[Appended | LogError], ended: float) -> None:
        """Measure a batch after it is answered: nobody waits for it."""
        records = 0
        for waited, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Appended):
                measure(metering.append_duration, ended - waited.begun, self._attributes)
                records += 0 if answer.repeated else len(answer.records)
            elif isinstance(answer, Conflict):
                metering.append_conflicts.add(1, self._attributes)
        if records:
            measure(metering.append_batch_size, records, self._attributes)
        self._trace(batch, records, ended)

    def _trace(self, batch: Sequence[_Waiting], records: int, ended: float) -> None:
        log = self._attributes["log"]
        then = time.time_ns() - int((time.perf_counter() - ended) * 1e9)
        told: dict[str, str | int] = {"lienthong.log": log, "lienthong.batch.records": records}
        happened = [
            tracing.Happened(set_span_in_context(waited.call), then - int((ended - waited.begun) * 1e9), told)
            for waited in batch
            if waited.call is not None
        ]
        tracing.note(f"append {log}", SpanKind.INTERNAL, happened, then)


def _deliver(batch: Sequence[_Waiting], answers: Sequence[Appended | LogError]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Appended], Appended | LogError]]] = {}
    for waited, answer in zip(batch, answers, strict=True):
        by_loop.setdefault(waited.loop, []).append((waited.future, answer))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, pairs)
        except RuntimeError:  # the callers' loop has closed: nobody waits any more
            if not loop.is_closed():
                raise


def _settle(pairs: Sequence[tuple[asyncio.Future[Appended], Appended | LogError]]) -> None:
    for future, answer in pairs:
        if future.done():  # the caller has given up waiting
            continue
        if isinstance(answer, Appended):
            future.set_result(answer)
        else:
            future.set_exception(answer)
