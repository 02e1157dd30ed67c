"""Work on the files of a call that is cut: it ends before the files are closed."""

from __future__ import annotations

import asyncio
import threading

import pytest
from docexchange_service.incoming import to_the_end


async def test_work_in_a_thread_ends_before_the_call_that_is_cut_does() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(30)
        ended.set()

    call = asyncio.create_task(to_the_end(asyncio.to_thread(work)))
    await asyncio.to_thread(begun.wait, 30)
    call.cancel()
    await asyncio.sleep(0)
    assert not call.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended.is_set()


async def test_what_the_work_gives_or_raises_is_passed_on() -> None:
    assert await to_the_end(asyncio.to_thread(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        await to_the_end(asyncio.to_thread(lambda: 1 // 0))


async def test_what_it_raises_after_the_cut_is_nobody_s_any_more() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(30)
        raise ValueError

    call = asyncio.create_task(to_the_end(asyncio.to_thread(work)))
    await asyncio.to_thread(begun.wait, 30)
    call.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await call
