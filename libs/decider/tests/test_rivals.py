"""Two processes on one store, callers that give up, answers that are late: nothing is lost, doubled or stale."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from decider.executor import Executor
from decider.refusal import Kind, Refusal
from eventlog.record import prepare
from eventlog.store import Append, Appended
from eventlog.writer import Writer
from google.protobuf.message import Message

from .conftest import Process
from .counter import COUNTER, Counter, add, added, bring_to, intent, open_as, take

New = Callable[[], Process]


def run(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(play, 60))


class HeldWriter:
    """A writer that holds answers back, after the append or before it, until it is told to go on."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.go_on = asyncio.Event()
        self.appended = asyncio.Event()

    async def append(self, append: Append) -> Appended:
        made = asyncio.ensure_future(self._writer.append(append))
        await asyncio.wait([made])
        self.appended.set()
        await self.go_on.wait()
        return made.result()


def test_two_processes_race_and_lose_or_double_nothing(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def one(process: Process, name: str) -> Counter:
        while True:
            try:
                return (await process.executor.execute("c", add(1), intent(name))).state
            except Refusal as refusal:
                if refusal.kind is not Kind.CONFLICT:
                    raise

    async def play() -> None:
        names = [(process, f"{n}/{process is here}") for n in range(40) for process in (here, there)]
        states = await asyncio.gather(*(one(process, name) for process, name in names))
        assert sorted(state.value for state in states) == list(range(1, 81)), "each was decided on the one before"
        again = await asyncio.gather(*(one(process, name) for process, name in names))
        assert again == states, "repeated, each gets its first result"
        assert (await here.executor.state("c")).value == 80

    run(play())


def test_one_request_at_two_processes_is_made_once(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def play() -> None:
        commands = [process.executor.execute("c", add(1), intent("r")) for process in (here, there) for _ in range(5)]
        answers = await asyncio.gather(*commands)
        assert {answer.records[0].data for answer in answers} == {answers[0].records[0].data}
        assert [answer.repeated for answer in answers].count(False) == 1

    run(play())


def test_what_was_decided_on_a_stale_state_is_decided_again(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def play() -> None:
        await here.executor.execute("c", add(1), intent())
        await there.executor.execute("c", add(10), intent())  # here does not know
        assert (await here.executor.execute("c", bring_to(5), intent())).state == Counter("", 5)

    run(play())
    assert [recorded.event for recorded in here.store.read_stream("c")] == [added(1), added(10), added(-6)]


def test_what_was_refused_on_a_stale_state_is_granted_on_the_fresh_one(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def play() -> None:
        await here.executor.execute("c", add(1), intent())
        await there.executor.execute("c", add(10), intent())
        assert (await here.executor.execute("c", take(11), intent("r"))).state.value == 0

    run(play())


def test_what_changed_nothing_on_a_stale_state_changes_the_fresh_one(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def play() -> None:
        await here.executor.execute("c", add(1), intent())
        await there.executor.execute("c", add(10), intent())
        assert (await here.executor.execute("c", bring_to(1), intent())).state.value == 1

    run(play())


def test_what_another_process_created_is_not_created_again(new_process: New) -> None:
    here, there = new_process(), new_process()

    async def play() -> None:
        await there.executor.create("c", open_as("theirs"), intent("r"))
        with pytest.raises(Refusal, match="COUNTER_EXISTS"):
            await here.executor.create("c", open_as("ours"), intent("s"))
        assert (await here.executor.state("c")).name == "theirs"
        again = await here.executor.create("c", open_as("theirs"), intent("r"))
        assert again.repeated, "and who asked there, and repeats it here, gets the first result"

    run(play())


@pytest.mark.parametrize("answer", [[added(1)], []])
def test_who_loses_three_times_is_told_to_come_again(new_process: New, answer: list[Message]) -> None:
    here, there = new_process(), new_process()
    tries: list[int] = []

    def overtaken(state: Counter) -> Sequence[Message]:
        tries.append(state.value)
        rival = prepare("c", added(1), b"", b"")  # it writes between the decision and the append
        there.store.append([Append("c", len(there.store.read_stream("c")), [rival], None)])
        return answer

    async def play() -> None:
        with pytest.raises(Refusal, match="STREAM_BUSY") as busy:
            await here.executor.execute("c", overtaken, intent())
        assert busy.value.metadata == {"stream": "c"}

    run(play())
    assert tries == [0, 1, 2]


def test_a_caller_who_gives_up_in_mid_append_leaves_no_wrong_state(process: Process) -> None:
    async def play() -> None:
        await process.executor.execute("c", add(1), intent())
        held = HeldWriter(process.writer)
        executor = Executor(COUNTER, process.store, held)  # type: ignore[arg-type]
        command = asyncio.create_task(executor.execute("c", add(10), intent("r")))
        await held.appended.wait()
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
        assert executor._turns == {}
        held.go_on.set()
        again = await executor.execute("c", add(10), intent("r"))
        assert (again.repeated, again.state.value) == (True, 11)
        assert (await executor.execute("c", add(100), intent())).state.value == 111

    run(play())


def test_a_caller_who_gives_up_before_the_commit_leaves_no_wrong_state(process: Process) -> None:
    async def play() -> None:
        await process.executor.execute("c", add(1), intent())
        command = asyncio.create_task(process.executor.execute("c", add(10), intent("r")))
        await asyncio.sleep(0)  # it is in the writer's queue, or in its batch
        command.cancel()
        after = await process.executor.execute("c", add(100), intent())
        assert after.state == await process.executor.state("c")
        final = await process.executor.execute("c", add(10), intent("r"))
        assert (final.repeated, (await process.executor.state("c")).value) == (True, 111)

    run(play())


def test_a_caller_who_gives_up_while_waiting_for_its_turn_holds_up_nobody(process: Process) -> None:
    async def play() -> None:
        held = HeldWriter(process.writer)
        executor = Executor(COUNTER, process.store, held)  # type: ignore[arg-type]
        first = asyncio.create_task(executor.execute("c", add(1), intent()))
        await held.appended.wait()
        waiting = asyncio.create_task(executor.execute("c", add(10), intent()))
        last = asyncio.create_task(executor.execute("c", add(100), intent()))
        await asyncio.sleep(0)
        waiting.cancel()
        held.go_on.set()
        assert ((await first).state.value, (await last).state.value) == (1, 101)
        assert executor._turns == {}

    run(play())
