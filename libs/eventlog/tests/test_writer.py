"""The writer answers each append once, whatever the store, the caller or the loop does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eventlog.conformance.material import append, request, stream_in
from eventlog.errors import Conflict, QueueFull, StoreUnavailable, WriterClosed
from eventlog.partition import partition_of
from eventlog.store import Appended
from eventlog.writer import Writer, _deliver, _Waiting

from .doubles import PATIENCE, MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def writer(store: MemoryStore) -> Iterator[Writer]:
    writer = Writer(store, max_batch=4, max_waiting=6)
    yield writer
    store.gate.set()
    writer.close()


def run(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(play, PATIENCE))


async def commit_begun(store: MemoryStore) -> None:
    assert await asyncio.to_thread(store.arrived.acquire, timeout=PATIENCE)


async def begin(writer: Writer, *streams: str) -> list[asyncio.Task[Appended]]:
    tasks = [asyncio.create_task(writer.append(append(stream, 0, stream))) for stream in streams]
    await asyncio.sleep(0)
    return tasks


def test_what_arrives_during_a_commit_is_the_next_batch_in_order_of_arrival(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, "first")
        await commit_begun(store)
        tasks += await begin(writer, "a", "b", "c")
        store.gate.set()
        await asyncio.gather(*tasks)
        assert [[a.stream for a in batch] for batch in store.batches] == [["first"], ["a", "b", "c"]]

    run(play())


def test_nothing_lingers_a_lone_append_is_a_batch(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        for n in range(3):
            await writer.append(append("a", n, "x"))
        assert [len(batch) for batch in store.batches] == [1, 1, 1]

    run(play())


def test_a_batch_is_never_larger_than_it_may_be(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, "first")
        await commit_begun(store)
        tasks += await begin(writer, *"abcdef")
        store.gate.set()
        await asyncio.gather(*tasks)
        assert [[a.stream for a in batch] for batch in store.batches] == [["first"], [*"abcd"], [*"ef"]]

    run(play())


def test_more_than_may_wait_are_refused_at_once_and_there_is_room_again_later(
    store: MemoryStore, writer: Writer
) -> None:
    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, "first")
        await commit_begun(store)
        tasks += await begin(writer, *"abcdef")
        with pytest.raises(QueueFull) as full:
            await writer.append(append("g", 0, "x"))
        assert full.value.waiting == 6
        store.gate.set()
        await asyncio.gather(*tasks)
        assert await writer.append(append("g", 0, "x"))

    run(play())


def test_every_append_gets_its_own_answer(writer: Writer) -> None:
    async def play() -> None:
        once = append("a", 0, "1", request=request("r"))
        answers = await asyncio.gather(
            writer.append(once), writer.append(append("a", 0, "2")), writer.append(once), return_exceptions=True
        )
        first, conflict, repeated = answers
        assert isinstance(first, Appended)
        assert isinstance(conflict, Conflict)
        assert repeated == Appended(first.records, repeated=True)

    run(play())


@pytest.mark.parametrize("fault", [StoreUnavailable("disk full"), ValueError("a bug")])
def test_a_batch_that_failed_is_told_so_and_the_lane_lives_on(
    store: MemoryStore, writer: Writer, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        store.gate.clear()
        first = await begin(writer, "first")
        await commit_begun(store)
        tasks = await begin(writer, "a", "b")
        store.faults = [fault]
        store.gate.set()
        await asyncio.gather(*first, return_exceptions=True)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(first[0].exception(), StoreUnavailable)
        assert [type(answer) for answer in answers] == [Appended, Appended]
        assert await writer.append(append("first", 0, "x"))

    run(play())
    assert ("a batch of 1 appends failed" in caplog.text) == isinstance(fault, ValueError)


def test_everyone_in_a_batch_that_failed_is_told(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, "first")
        await commit_begun(store)
        tasks += await begin(writer, *"abc")
        store.faults = [StoreUnavailable("away")] * 2
        store.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(answer) for answer in answers] == [StoreUnavailable] * 4

    run(play())
    assert list(store.heads()) == [0, 0, 0, 0] == writer.committed.positions


def test_to_cancel_the_wait_takes_nothing_back_and_harms_nobody(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        store.gate.clear()
        [first] = await begin(writer, "first")
        await commit_begun(store)
        [waiting, other] = await begin(writer, "a", "b")
        first.cancel()
        waiting.cancel()
        await asyncio.gather(first, waiting, return_exceptions=True)
        store.gate.set()
        await other
        assert [len(store.read_stream(stream)) for stream in ("first", "a", "b")] == [1, 1, 1]

    run(play())


def test_close_answers_what_waits_and_refuses_what_comes(store: MemoryStore, writer: Writer) -> None:
    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, "first")
        await commit_begun(store)
        tasks += await begin(writer, *"abcdef")
        closing = asyncio.create_task(asyncio.to_thread(writer.close))
        while not writer._lanes[0]._closed:  # noqa: ASYNC110 - the thread has no other sign of having got there
            await asyncio.sleep(0)
        with pytest.raises(WriterClosed):
            await writer.append(append("late", 0, "x"))
        store.gate.set()
        assert all(isinstance(answer, Appended) for answer in await asyncio.gather(*tasks))
        await closing

    run(play())
    writer.close()  # a second time nothing happens
    assert list(store.read_stream("late")) == []


def test_appends_come_from_several_loops_at_once(store: MemoryStore) -> None:
    writer = Writer(store)
    ready = threading.Barrier(4)

    def one_loop(who: int) -> None:
        async def play() -> None:
            await asyncio.gather(*(writer.append(append(f"{who}/{n}", 0, "x")) for n in range(50)))

        ready.wait(PATIENCE)
        run(play())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_loop, range(4)))
    writer.close()
    assert sum(store.heads()) == 200


def test_a_loop_that_has_closed_leaves_the_others_their_answers(store: MemoryStore, writer: Writer) -> None:
    store.gate.clear()
    gone = asyncio.new_event_loop()
    abandoned = writer.append(append("first", 0, "x"))
    gone.call_soon(abandoned.send, None)  # it has asked, and will not be there for the answer
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()

    async def play() -> None:
        tasks = await begin(writer, "a")
        store.gate.set()
        await asyncio.gather(*tasks)

    run(play())
    assert len(store.read_stream("first")) == 1
    abandoned.close()


def test_a_loop_that_is_open_and_refuses_the_answer_is_an_error(store: MemoryStore) -> None:
    class Refusing(asyncio.SelectorEventLoop):
        def call_soon_threadsafe(self, *_: object, **__: object) -> asyncio.Handle:
            raise RuntimeError("not now")

    loop = Refusing()
    asked = append("a", 0, "x")
    with pytest.raises(RuntimeError, match="not now"):
        _deliver([_Waiting(asked, loop, loop.create_future(), 0.0, None)], store.append([asked]))
    loop.close()


def test_progress_is_told_when_the_records_can_be_read(writer: Writer) -> None:
    async def play() -> None:
        made = (await writer.append(append("a", 0, "1", "2", "3"))).records
        assert writer.committed.positions[made[0].partition] == 3
        await writer.committed.reached(made[-1].partition, made[-1].position)

    run(play())


def test_a_writer_begins_at_the_heads_of_its_store(store: MemoryStore) -> None:
    store.append([append(stream_in(2, 4), 0, "1", "2")])
    writer = Writer(store)
    assert writer.committed.positions == [0, 0, 2, 0]
    writer.close()


def test_each_lane_commits_its_own_partitions_beside_the_others() -> None:
    store = MemoryStore(partitions=4, lanes=2)
    writer = Writer(store)

    async def play() -> None:
        store.gate.clear()
        tasks = await begin(writer, *(stream_in(partition, 4) for partition in range(4)))
        await commit_begun(store)
        await commit_begun(store)  # both lanes are in their commits
        store.gate.set()
        answers = await asyncio.gather(*tasks)
        assert [answer.records[0].partition for answer in answers] == [0, 1, 2, 3]

    run(play())
    writer.close()
    lanes = [{partition_of(a.stream, 4) % 2 for a in batch} for batch in store.batches]
    assert all(len(lane) == 1 for lane in lanes)
