"""The process that asks the receivers of replaced documents: what it does when the log does not take its commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from docexchange_service.document import DOCUMENT, stream_of
from docexchange_service.processes.replacement import ReplacementProcess
from eventlog.errors import StoreUnavailable
from google.protobuf.message import Message
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from lienthong.log.v1.record_pb2 import Origin
from views.specification import MemoryLog

from .documents import ID, reported, sent

OTHER = e.ReplacedDocument(document="20260101-old", recipients=["H41"])


class Marks:
    """Positions in memory."""

    def __init__(self) -> None:
        self.at = {0: 0}

    def positions(self) -> Mapping[int, int]:
        return self.at

    def move(self, partition: int, old: int, new: int) -> None:
        assert self.at[partition] == old
        self.at[partition] = new


class Executor:
    """Decides on a document that H41 holds; refuses as often as it is told to."""

    def __init__(self, *refusals: Refusal) -> None:
        self.refusals = list(refusals)
        self.asked: list[tuple[str, Any, Sequence[Message]]] = []

    async def execute(self, stream: str, decide: Callable[[Any], Sequence[Message]], intent: Any) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        events = decide(DOCUMENT.fold([sent(document="20260101-old")]))
        self.asked.append((stream, intent, events))


def refusal(kind: Kind) -> Refusal:
    return Refusal(kind, "WHY", en="why", vi="vì sao")


async def reacted(executor: Executor, marks: Marks, *events: Message) -> None:
    """Let the process deal with events, in a thread of its own as its follower does."""
    log = MemoryLog("docexchange")
    records = [log.append(stream_of(ID), event, Origin(agency="G22")) for event in events]
    loop = asyncio.get_running_loop()
    doubles: tuple[Any, Any] = (executor, marks)
    process = ReplacementProcess(*doubles, lambda: loop)
    assert process.positions() == marks.at
    await asyncio.to_thread(process.apply, 0, marks.at[0], records)


async def test_it_asks_in_the_sender_s_name_and_says_which_record_made_it_ask() -> None:
    executor, marks = Executor(), Marks()
    await reacted(executor, marks, sent(replaces=[OTHER]), reported("H41", d.STATUS_ARRIVED), sent())
    [(stream, intent, [event])] = executor.asked
    assert stream == "document-20260101-old"
    assert (intent.origin.agency, intent.request) == ("G22", None)
    assert intent.cause.record_id
    assert isinstance(event, e.ReplacementProposed)
    assert (event.replacement, list(event.recipients)) == (ID, ["H41"])
    assert event.change == intent.origin.request_id
    assert marks.at == {0: 3}


@pytest.mark.parametrize("kind", [Kind.CONFLICT, Kind.BUSY, Kind.UNAVAILABLE])
async def test_it_tries_again_what_the_log_could_not_take(kind: Kind) -> None:
    executor, marks = Executor(refusal(kind)), Marks()
    with pytest.raises(StoreUnavailable):
        await reacted(executor, marks, sent(replaces=[OTHER]))
    assert marks.at == {0: 0}
    await reacted(executor, marks, sent(replaces=[OTHER]))
    assert (len(executor.asked), marks.at) == (1, {0: 1})


async def test_it_never_passes_over_what_it_cannot_do() -> None:
    executor, marks = Executor(refusal(Kind.INVALID)), Marks()
    with pytest.raises(Refusal):
        await reacted(executor, marks, sent(replaces=[OTHER]))
    assert marks.at == {0: 0}
