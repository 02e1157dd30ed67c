"""The push of the inbox: nothing is lost, whatever breaks; what is given again is what has changed since."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Refusal
from docexchange_service import push
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d

from .agency import Agency
from .documents import content
from .installation import Installation, running

SECONDS = 30.0
Items = Sequence[Any]


async def told(agency: Agency, enough: Callable[[Items], bool], cursor: str = "", **fields: Any) -> tuple[Items, str]:
    """Subscribe until there is enough; return the lines in order and the last cursor."""
    answers = agency.listen(cursor=cursor, **fields)
    items: list[Any] = []
    async with asyncio.timeout(SECONDS):
        async for answer in answers:
            items += answer.items
            cursor = answer.cursor
            if enough(items):
                break
    answers.cancel()
    await answers.source.aclose()
    return items, cursor


def has(*documents: str) -> Callable[[Items], bool]:
    """Enough when all of these have been told of."""
    return lambda items: set(documents) <= {each.document for each in items}


async def sent(sender: Agency, receiver: Agency, count: int = 1) -> list[str]:
    """Send some documents at once; return their ids."""
    answers = await asyncio.gather(*(sender.send(content(), receiver) for _ in range(count)))
    return [each.document.id for each in answers]


async def test_what_comes_in_is_told_and_what_changes_is_told_again(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    [id_] = await sent(sender, receiver)
    items, cursor = await told(receiver, has(id_))
    assert [(each.document, each.status) for each in items] == [(id_, d.STATUS_UNSPECIFIED)]
    await receiver.report(id_, d.STATUS_ARRIVED)
    items, _ = await told(receiver, has(id_), cursor)
    assert [(each.document, each.status) for each in items] == [(id_, d.STATUS_ARRIVED)]


async def test_a_waiting_subscriber_is_told_at_once(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    answers = receiver.listen(from_now=True)
    first = await anext(answers)
    assert not first.items
    [id_] = await sent(sender, receiver)
    async with asyncio.timeout(SECONDS):
        assert [each.document for each in (await anext(answers)).items] == [id_]
    answers.cancel()
    await answers.source.aclose()


async def test_from_now_on_leaves_out_what_came_before(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    [old] = await sent(sender, receiver)
    _, cursor = await told(receiver, has(old))
    _, now = await told(receiver, lambda _: True, from_now=True)
    [new] = await sent(sender, receiver)
    assert [each.document for each in (await told(receiver, has(new), now))[0]] == [new]
    assert [each.document for each in (await told(receiver, has(new), cursor))[0]] == [new]


async def test_a_subscriber_that_comes_back_gets_what_it_missed_and_nothing_it_has_dealt_with(
    shared: Installation,
) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    first = await sent(sender, receiver, 3)
    _, cursor = await told(receiver, has(*first))
    missed = await sent(sender, receiver, 5)
    items, _ = await told(receiver, has(*missed), cursor)
    assert {each.document for each in items} == set(missed)
    again, _ = await told(receiver, has(*first, *missed))
    assert {each.document for each in again} == {*first, *missed}


async def test_nothing_is_lost_by_one_that_breaks_off_after_every_message_while_documents_come(
    shared: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_BATCH", 3)
    sender, receiver = await shared.agency(), await shared.agency()
    sending = asyncio.create_task(sent(sender, receiver, 40))
    seen: set[str] = set()
    cursor = ""
    async with asyncio.timeout(SECONDS):
        while not (sending.done() and seen >= set(sending.result())):
            items, cursor = await told(receiver, bool, cursor)
            seen |= {each.document for each in items}
    assert seen == set(await sending)


async def test_small_messages_bring_everything_in_order_of_the_log(
    shared: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_BATCH", 2)
    sender, receiver = await shared.agency(), await shared.agency()
    ids = await sent(sender, receiver, 15)
    items, _ = await told(receiver, has(*ids))
    assert len(items) == len(ids)
    for partition in range(4):
        positions = [each.position.position for each in items if each.position.partition == partition]
        assert positions == sorted(positions)


async def test_all_copies_that_one_record_changed_are_told_however_small_the_messages(
    shared: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A successor may hold several copies of one document: they stand at one position."""
    monkeypatch.setattr(push, "_BATCH", 1)
    sender, one, other, successor = [await shared.agency() for _ in range(4)]
    ids = [(await sender.send(content(), one, other)).document.id for _ in range(3)]
    act = {"successor": successor.code, "legal_basis": "NQ 202/2025", "effective_date": Date(year=2025, month=7, day=1)}
    for each in (one, other):
        await shared.ask("MergeAgency", code=each.code, **act)
    expected = {(id_, each.code) for id_ in ids for each in (one, other)}
    items, _ = await told(successor, lambda items: {(each.document, each.recipient) for each in items} == expected)
    assert len(items) == len(expected)


async def test_a_subscription_is_told_that_the_service_stops_and_goes_on_after_the_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as platform:
        sender, receiver = await platform.agency(), await platform.agency()
        first = await sent(sender, receiver, 3)
        _, cursor = await told(receiver, has(*first))
        answers = receiver.listen()
        await anext(answers)
        missed = await sent(sender, receiver, 2)
        waiting = asyncio.create_task(ended(answers))
        await platform.app.stop()
        assert await waiting == "SERVER_STOPPING"
        await platform.start()
        platform.bystander = await platform.again(platform.bystander)
        sender, receiver = await platform.again(sender), await platform.again(receiver)
        more = await sent(sender, receiver, 2)
        items, _ = await told(receiver, has(*missed, *more), cursor)
        assert {each.document for each in items} == {*missed, *more}


async def ended(answers: Any) -> str:
    """Listen until the call ends; return why."""
    try:
        async with asyncio.timeout(SECONDS):
            async for _ in answers:
                pass
    except Refusal as refusal:
        return refusal.reason
    return "ended"


async def suspend_system(shared: Installation, agency: Agency) -> None:
    await shared.ask("SuspendSystem", system=agency.signer.system, reason="thử nghiệm")


async def suspend_agency(shared: Installation, agency: Agency) -> None:
    await shared.ask("SuspendAgency", code=agency.code, reason="thử nghiệm")


async def revoke_key(shared: Installation, agency: Agency) -> None:
    await shared.ask("RevokeSystemKey", system=agency.signer.system, key_id=agency.signer.key_id, reason="lộ khóa")


@pytest.mark.parametrize("cut_off", [suspend_system, suspend_agency, revoke_key])
async def test_who_may_call_no_more_is_told_no_more(
    shared: Installation, cut_off: Callable[[Installation, Agency], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_RECHECK", 0.05)
    receiver = await shared.agency()
    answers = receiver.listen(from_now=True)
    await anext(answers)
    await cut_off(shared, receiver)
    assert await ended(answers) == "SUBSCRIPTION_ENDED"


async def test_two_subscribers_of_one_agency_are_both_told(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    other = await shared.system(receiver.code)
    listening = [asyncio.create_task(told(each, bool)) for each in (receiver, other)]
    [id_] = await sent(sender, receiver)
    for items, _ in await asyncio.gather(*listening):
        assert {each.document for each in items} == {id_}
