"""An agency that was merged into another: what is addressed to it reaches its successor, history included."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from decider.refusal import Refusal
from docexchange_service import push
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s

from .agency import Agency
from .documents import content
from .installation import Installation
from .test_journey import today
from .test_subscribing import SECONDS, told

ACT: dict[str, Any] = {"legal_basis": "NQ 202/2025/QH15", "effective_date": Date(year=2025, month=7, day=1)}


async def merge(shared: Installation, agency: Agency, successor: Agency) -> None:
    await shared.ask("MergeAgency", code=agency.code, successor=successor.code, **ACT)


async def test_what_is_sent_to_the_old_code_reaches_the_successor(shared: Installation) -> None:
    sender, old, new = [await shared.agency() for _ in range(3)]
    await merge(shared, old, new)
    answer = await sender.send(content(), old)
    copy = answer.document.deliveries[0]
    assert (copy.recipient, copy.holder) == (old.code, new.code)
    box = (await new.call("ListInbox", after=[answer.position])).items
    assert [(each.document, each.recipient) for each in box] == [(answer.document.id, old.code)]


async def test_the_successor_answers_for_the_old_agency_s_copy_by_naming_it(shared: Installation) -> None:
    sender, old, new = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), old)).document.id
    await merge(shared, old, new)
    with pytest.raises(Refusal) as caught:
        await new.report(id_, d.STATUS_ARRIVED)
    assert caught.value.reason == "DOCUMENT_UNKNOWN"
    await new.report(id_, d.STATUS_ARRIVED, d.STATUS_ACCEPTED, recipient=old.code)
    await sender.call("RecallDocument", document=id_, reason="gửi nhầm")
    change = (await new.document(id_)).deliveries[0].pending[0].id
    fields = {"document": id_, "recipient": f"000.00.00.{old.code}", "change": change, "answer": s.ANSWER_REFUSE}
    assert (await new.call("AnswerChange", **fields)).document.deliveries[0].status == d.STATUS_ACCEPTED


async def test_the_successor_reads_the_whole_history(shared: Installation) -> None:
    other, old, middle, new = [await shared.agency() for _ in range(4)]
    file = await old.upload("Toàn văn".encode())
    mine = (await old.send(content(attachments=[file]), other)).document
    reply = (await other.send(content(response_for=[d.Reference(code=mine.code)]), old)).document
    last = await old.report(reply.id, d.STATUS_ARRIVED)
    await merge(shared, old, middle)
    await merge(shared, middle, new)
    after = [last.position]
    await shared.settled()
    assert [each.document for each in (await new.call("ListOutbox", after=after)).items] == [mine.id]
    assert [each.document for each in (await new.call("ListInbox", after=after)).items] == [reply.id]
    assert [each.holder for each in (await new.document(reply.id)).deliveries] == [new.code]
    assert len((await new.call("GetTrace", document=reply.id, after=after)).entries) == 2
    assert [each.document for each in (await new.call("GetThread", document=mine.id)).items] == [mine.id, reply.id]
    assert await new.got("DownloadAttachment", document=mine.id, sha256=file.sha256) == "Toàn văn".encode()
    days = {"from_date": today(shared), "to_date": today(shared), "after": after}
    counts = (await new.call("CountByDay", **days, agency=old.code)).counts
    assert [(each.sent, each.received) for each in counts] == [(1, 1)]


async def test_a_subscription_that_was_open_before_the_merger_gets_the_old_agency_s_inbox(
    shared: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_RECHECK", 0.05)
    sender, old, new = [await shared.agency() for _ in range(3)]
    before = (await sender.send(content(), old)).document.id
    own = (await sender.send(content(), new)).document.id
    answers = new.listen()
    seen = {each.document for each in (await anext(answers)).items}
    assert seen == {own}
    await merge(shared, old, new)
    later = (await sender.send(content(), old)).document.id
    async with asyncio.timeout(SECONDS):
        while not seen >= {before, own, later}:
            seen |= {each.document for each in (await anext(answers)).items}
    answers.cancel()
    await answers.source.aclose()


async def test_a_cursor_from_before_the_merger_brings_the_old_agency_s_inbox_too(shared: Installation) -> None:
    sender, old, new = [await shared.agency() for _ in range(3)]
    before = (await sender.send(content(), old)).document.id
    await sender.send(content(), new)
    _, cursor = await told(new, bool)
    await merge(shared, old, new)
    items, _ = await told(new, bool, cursor)
    assert [each.document for each in items] == [before]


async def test_the_merged_agency_s_own_systems_take_part_no_more(shared: Installation) -> None:
    sender, old, new = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), old)).document.id
    await merge(shared, old, new)
    with pytest.raises(Refusal) as caught:
        await old.document(id_)
    assert caught.value.reason == "AGENCY_SUSPENDED"


async def test_others_see_no_more_than_before(shared: Installation) -> None:
    sender, old, new, stranger = [await shared.agency() for _ in range(4)]
    id_ = (await sender.send(content(), old)).document.id
    await merge(shared, old, new)
    with pytest.raises(Refusal) as caught:
        await stranger.report(id_, d.STATUS_ARRIVED, recipient=old.code)
    assert (caught.value.reason, caught.value.violations[0].field) == ("DOCUMENT_UNKNOWN", "recipient")
