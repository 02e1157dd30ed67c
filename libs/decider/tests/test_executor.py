"""What is stored was decided on the very state it follows, and a request is answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from decider.executor import Executor
from decider.refusal import Kind, Refusal
from eventlog.conformance.audit import audit
from eventlog.errors import QueueFull
from eventlog.store import Append, Appended
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue

from .conftest import Process
from .counter import COUNTER, Counter, add, added, bring_to, intent, open_as, opened, take


def run(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(play, 30))


def events(process: Process, stream: str = "c") -> list[Message]:
    return [recorded.event for recorded in process.store.read_stream(stream, 1, 10_000)]


async def refusal_of(command: Coroutine[Any, Any, object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await command
    return refused.value


def test_a_command_stores_what_it_decides_and_answers_with_the_state_after_it(process: Process) -> None:
    async def play() -> None:
        done = await process.executor.create("c", open_as("x"), intent("r"))
        assert (done.state, done.repeated) == (Counter("x"), False)
        done = await process.executor.execute("c", add(2, 3), intent("s"))
        assert done.state == Counter("x", 5)
        assert [recorded.version for recorded in done.records] == [2, 3]
        assert await process.executor.state("c") == Counter("x", 5)
        assert done.position is not None
        last = done.records[-1]
        assert (done.position.log, done.position.partition, done.position.position) == (
            "counters",
            last.partition,
            last.position,
        )

    run(play())
    assert events(process) == [opened("x"), added(2), added(3)]


def test_a_record_tells_who_asked_and_why(process: Process) -> None:
    async def play() -> None:
        [recorded] = (await process.executor.execute("c", add(1), intent())).records
        assert recorded.record.origin.method == "/counter"
        assert recorded.record.cause.correlation_id == "c"

    run(play())


def test_nothing_happened_stores_nothing_and_has_no_position(process: Process) -> None:
    async def play() -> None:
        done = await process.executor.execute("c", bring_to(0), intent("r"))
        assert (done.state, list(done.records), done.position) == (Counter(), [], None)

    run(play())
    assert events(process) == []


def test_a_refusal_stores_nothing_and_is_the_deciders_own(process: Process) -> None:
    async def play() -> None:
        assert (await refusal_of(process.executor.execute("c", take(1), intent("r")))).reason == "NOT_ENOUGH"

    run(play())
    assert events(process) == []


def test_what_exists_cannot_be_created_again(process: Process) -> None:
    async def play() -> None:
        await process.executor.create("c", open_as("x"), intent("r"))
        assert (await refusal_of(process.executor.create("c", open_as("y"), intent("s")))).reason == "COUNTER_EXISTS"
        process.executor._states.clear()
        assert (await refusal_of(process.executor.create("c", open_as("y"), intent("t")))).reason == "COUNTER_EXISTS"

    run(play())
    assert events(process) == [opened("x")]


def test_commands_of_one_stream_take_turns_and_none_meets_a_conflict(process: Process) -> None:
    async def play() -> None:
        decided: list[int] = []

        def decide(state: Counter) -> Sequence[Message]:
            decided.append(state.value)
            return [added(1)]

        await asyncio.gather(*(process.executor.execute("c", decide, intent(str(n))) for n in range(50)))
        assert decided == list(range(50)), "each was decided once, on the state after the one before"
        assert process.executor._turns == {}

    run(play())


def test_a_repeated_request_gets_its_first_result_whatever_has_happened_since(process: Process) -> None:
    async def play() -> None:
        first = await process.executor.execute("c", add(1, 2), intent("r"))
        await process.executor.execute("c", add(10), intent("s"))
        again = await process.executor.execute("c", add(1, 2), intent("r"))
        assert again.repeated
        assert (again.state, list(again.records)) == (first.state, list(first.records))
        assert again.position == first.position

    run(play())
    assert len(events(process)) == 3


def test_a_repeated_request_that_would_now_be_refused_gets_its_first_result(process: Process) -> None:
    async def play() -> None:
        await process.executor.execute("c", add(5), intent("r"))
        first = await process.executor.execute("c", take(5), intent("s"))
        again = await process.executor.execute("c", take(5), intent("s"))
        assert (again.repeated, again.state, list(again.records)) == (True, first.state, list(first.records))
        created = await process.executor.create("d", open_as("x"), intent("t"))
        again = await process.executor.create("d", open_as("x"), intent("t"))
        assert (again.repeated, list(again.records)) == (True, list(created.records))

    run(play())


def test_a_repeated_request_that_would_now_change_nothing_gets_its_first_result(process: Process) -> None:
    async def play() -> None:
        first = await process.executor.execute("c", bring_to(5), intent("r"))
        again = await process.executor.execute("c", bring_to(5), intent("r"))
        assert (again.repeated, list(again.records)) == (True, list(first.records))

    run(play())


@pytest.mark.parametrize("decide", [add(1), take(100), bring_to(0)])
def test_a_request_id_with_other_bytes_is_refused_whatever_is_decided(
    process: Process, decide: Callable[[Counter], Sequence[Message]]
) -> None:
    async def play() -> None:
        await process.executor.execute("d", add(1), intent("r"))
        refusal = await refusal_of(process.executor.execute("c", decide, intent("r", "else")))
        assert (refusal.kind, refusal.reason) == (Kind.ALREADY_EXISTS, "REQUEST_ID_REUSED")

    run(play())
    assert events(process) == []


@pytest.mark.parametrize("decide", [add(1), take(100)])
def test_a_request_of_another_stream_is_refused_even_with_the_same_bytes(
    process: Process, decide: Callable[[Counter], Sequence[Message]]
) -> None:
    async def play() -> None:
        await process.executor.execute("d", add(1), intent("r"))
        assert (await refusal_of(process.executor.execute("c", decide, intent("r")))).reason == "REQUEST_ID_REUSED"

    run(play())


def test_a_stream_longer_than_a_page_is_read_to_its_end(process: Process) -> None:
    async def play() -> None:
        for count in (999, 1, 1, 1000):  # ends on both sides of a page's end
            await process.executor.execute("c", add(*[1] * count), intent(f"r-{count}") if count > 1 else intent())
            process.executor._states.clear()
            assert (await process.executor.state("c")).value == len(events(process))
        again = await process.executor.execute("c", add(1), intent("r-1000"))
        assert (again.repeated, again.state.value, len(again.records)) == (True, 2001, 1000)
        again = await process.executor.execute("c", add(1), intent("r-999"))
        assert (again.repeated, again.state.value) == (True, 999)

    run(play())


def test_only_so_many_states_are_remembered_and_the_others_are_read_again(process: Process) -> None:
    async def play() -> None:
        for _ in range(2):
            for n in range(6):
                await process.executor.execute(f"c-{n}", add(1), intent())
                assert len(process.executor._states) <= 3
        assert [(await process.executor.state(f"c-{n}")).value for n in range(6)] == [2] * 6

    run(play())


def test_a_decision_that_breaks_leaves_everything_as_it_was(process: Process) -> None:
    def broken(_: Counter) -> Sequence[Message]:
        raise ZeroDivisionError

    async def play() -> None:
        await process.executor.execute("c", add(1), intent())
        with pytest.raises(ZeroDivisionError):
            await process.executor.execute("c", broken, intent())
        assert (await process.executor.execute("c", add(1), intent())).state.value == 2
        assert process.executor._turns == {}

    run(play())


def test_an_event_that_is_too_large_is_refused_with_both_sizes(process: Process) -> None:
    async def play() -> None:
        await process.executor.execute("c", add(1), intent())
        huge = process.executor.execute("c", lambda _: [added(1), StringValue(value="x" * 70_000)], intent("r"))
        refusal = await refusal_of(huge)
        assert (refusal.kind, refusal.reason) == (Kind.INVALID, "RECORD_TOO_LARGE")
        assert int(refusal.metadata["size"]) > int(refusal.metadata["limit"])
        assert (await process.executor.execute("c", add(1), intent())).state.value == 2

    run(play())


def test_a_full_queue_says_when_to_come_back(process: Process) -> None:
    class Full:
        async def append(self, append: Append) -> Appended:
            del append
            raise QueueFull(9)

    executor = Executor(COUNTER, process.store, Full())  # type: ignore[arg-type]

    async def play() -> None:
        refusal = await refusal_of(executor.execute("c", add(1), intent()))
        assert (refusal.kind, refusal.reason) == (Kind.BUSY, "LOG_BUSY")
        assert refusal.retry_after is not None

    run(play())


def test_a_log_that_is_away_is_told_at_each_step(process: Process) -> None:
    async def play() -> None:
        await process.executor.execute("c", add(1), intent())
        process.store.close()
        for command in (
            process.executor.execute("c", add(1), intent("r")),  # the append
            process.executor.execute("d", add(1), intent("r")),  # the stream
            process.executor.state("c"),
        ):
            assert (await refusal_of(command)).reason == "LOG_UNAVAILABLE"
        process.executor._states["e"] = (1, Counter())
        repeated = process.executor.execute("e", take(1), intent("r"))  # the first result
        assert (await refusal_of(repeated)).kind is Kind.UNAVAILABLE
        process.writer.close()
        process.executor._states["e"] = (1, Counter())
        assert (await refusal_of(process.executor.execute("e", add(1), intent()))).reason == "LOG_UNAVAILABLE"

    run(play())
    reopened = type(process.store)(process.store.file.path, "counters", 2)
    assert len(audit(reopened)) == 1
    process.store.file = reopened.file
