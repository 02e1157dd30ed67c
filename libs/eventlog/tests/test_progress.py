"""Waiting for a position ends when it is reached, and not before, whoever moves and wherever one waits."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventlog.progress import Progress
from hypothesis import given, settings
from hypothesis import strategies as st

from .doubles import PATIENCE


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20))))
def test_positions_only_grow(moves: list[tuple[int, int]]) -> None:
    progress = Progress([3, 0, 7])
    highest = [3, 0, 7]
    for partition, position in moves:
        progress.moved(partition, position)
        highest[partition] = max(highest[partition], position)
        assert progress.positions == highest


@given(
    waits=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8)), max_size=12),
    moves=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10)), max_size=12),
)
@settings(deadline=None, max_examples=60)
def test_reached_ends_exactly_when_the_position_is_passed(
    waits: list[tuple[int, int]], moves: list[tuple[int, int]]
) -> None:
    async def play() -> None:
        progress = Progress([2, 0, 0])
        tasks = [asyncio.create_task(progress.reached(*wait)) for wait in waits]
        for partition, position in [(0, 0), *moves]:
            progress.moved(partition, position)
            for _ in range(3):  # the wake-up is called, then the task goes on, then it is done
                await asyncio.sleep(0)
            reached = progress.positions
            assert [t.done() for t in tasks] == [wanted < reached[p] for p, wanted in waits]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not progress._waiting

    asyncio.run(play())


def test_what_was_reached_before_is_not_waited_for() -> None:
    asyncio.run(asyncio.wait_for(Progress([5]).reached(0, 4), PATIENCE))


def test_who_gives_up_waiting_is_forgotten() -> None:
    async def play() -> None:
        progress = Progress([0])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(progress.reached(0, 0), 0.001)
        assert not progress._waiting
        progress.moved(0, 1)

    asyncio.run(play())


def test_who_gave_up_between_the_move_and_its_news_is_let_be() -> None:
    async def play() -> None:
        progress = Progress([0])
        task = asyncio.create_task(progress.reached(0, 0))
        await asyncio.sleep(0)
        progress.moved(0, 1)  # the news is on its way to this loop
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(play())


def test_threads_move_and_several_loops_wait() -> None:
    progress = Progress([0, 0])
    waiting = threading.Barrier(5)

    def wait() -> list[int]:
        async def play() -> list[int]:
            tasks = [asyncio.create_task(progress.reached(p, n)) for p in (0, 1) for n in range(0, 100, 7)]
            await asyncio.sleep(0)
            await asyncio.to_thread(waiting.wait, PATIENCE)
            await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
            return progress.positions

        return asyncio.run(play())

    def move(partition: int) -> None:
        waiting.wait(PATIENCE)
        for position in range(1, 101):
            progress.moved(partition, position)

    with ThreadPoolExecutor(5) as pool:
        waits = [pool.submit(wait) for _ in range(3)]
        moves = [pool.submit(move, partition) for partition in (0, 1)]
        assert [all(n > 98 for n in found.result(PATIENCE)) for found in waits] == [True] * 3
        for each in moves:
            each.result(PATIENCE)


def test_a_loop_that_has_closed_with_a_waiter_disturbs_nobody() -> None:
    progress = Progress([0])
    loop = asyncio.new_event_loop()
    waiter = progress.reached(0, 0)
    loop.call_soon(waiter.send, None)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    progress.moved(0, 1)
    assert progress.positions == [1]
    waiter.close()


def test_a_loop_that_is_open_and_refuses_the_call_is_an_error() -> None:
    class Refusing(asyncio.SelectorEventLoop):
        def call_soon_threadsafe(self, *_: object, **__: object) -> asyncio.Handle:
            raise RuntimeError("not now")

    loop = Refusing()
    progress = Progress([0])
    task = loop.create_task(progress.reached(0, 0))
    loop.run_until_complete(asyncio.sleep(0))
    with pytest.raises(RuntimeError, match="not now"):
        progress.moved(0, 1)
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


def test_a_thread_waits_until_some_partition_is_beyond() -> None:
    progress = Progress([0, 5])
    assert not progress.wait_beyond({0: 0, 1: 5}, 0.001)
    assert progress.wait_beyond({0: 0, 1: 4}, 0.001)
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(progress.wait_beyond, {0: 0}, PATIENCE)
        progress.moved(1, 9)  # not what is waited for
        progress.moved(0, 1)
        assert waited.result(PATIENCE)


def test_a_wake_without_a_reason_lets_a_thread_wait_on() -> None:
    progress = Progress([0])
    looked = threading.Semaphore(0)

    def look() -> bool:
        looked.release()
        return False

    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(progress.wait_beyond, {0: 0}, PATIENCE, look)
        assert looked.acquire(timeout=PATIENCE)
        progress.wake()
        assert looked.acquire(timeout=PATIENCE)
        assert not waited.done()
        progress.moved(0, 1)
        assert waited.result(PATIENCE)


def test_a_wake_with_a_reason_ends_the_wait() -> None:
    progress, enough = Progress([0]), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(progress.wait_beyond, {0: 0}, 10 * PATIENCE, enough.is_set)
        enough.set()
        progress.wake()
        assert not waited.result(PATIENCE)
