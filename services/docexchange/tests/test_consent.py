"""Recall, update and replacement over real gRPC: each receiver agrees or refuses."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Refusal
from docexchange_service.document import document_id, stream_of
from docexchange_service.processes import replacement
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import events_pb2 as e

from .agency import Agency
from .documents import content
from .installation import Installation, running


async def asked(receiver: Agency, id_: str) -> d.PendingChange:
    """Return the change that waits for the receiver."""
    return (await receiver.document(id_)).deliveries[0].pending[0]


async def answered(receiver: Agency, id_: str, change: str, answer: s.Answer.ValueType, reason: str = "") -> d.Delivery:
    """Answer a change; return the copy after it."""
    done = await receiver.call("AnswerChange", document=id_, change=change, answer=answer, reason=reason)
    return done.document.deliveries[0]  # type: ignore[no-any-return]


async def proposals(shared: Installation, id_: str) -> list[Any]:
    """Return the proposals to replace a document that stand in the log."""
    records = await asyncio.to_thread(shared.app.log.store.read_stream, stream_of(id_))
    return [each.event for each in records if isinstance(each.event, e.ReplacementProposed)]


async def replace(shared: Installation, sender: Agency, old: d.Document, *recipients: Agency, **fields: Any) -> Any:
    """Send a document in the place of another; return once the receivers of the other one have been asked."""
    codes = [each.code for each in recipients]
    known = {"content": content(), "recipients": codes, "replaces": [e.ReplacedDocument(document=old.id)]}
    answer = await sender.call("ReplaceDocument", **{**known, **fields})
    if not shared.app._process._stopping.is_set():
        await shared.settled()
    return answer


async def test_a_recall_is_agreed_by_one_and_refused_by_another(shared: Installation) -> None:
    sender, agreeing, refusing = [await shared.agency() for _ in range(3)]
    id_ = (await sender.send(content(), agreeing, refusing)).document.id
    await sender.call("RecallDocument", document=id_, reason="gửi nhầm")
    change = await asked(agreeing, id_)
    assert (change.kind, change.reason) == (d.CHANGE_KIND_RECALL, "gửi nhầm")
    assert (await answered(agreeing, id_, change.id, s.ANSWER_AGREE)).status == d.STATUS_TAKEN_BACK
    kept = await answered(refusing, id_, change.id, s.ANSWER_REFUSE, "đã xử lý xong")
    assert (kept.status, len(kept.pending)) == (d.STATUS_UNSPECIFIED, 0)
    with pytest.raises(Refusal) as caught:
        await agreeing.document(id_)
    assert caught.value.reason == "DOCUMENT_UNKNOWN"
    await shared.settled()
    trace = (await sender.call("GetTrace", document=id_)).entries
    assert [(each.recipient, each.change, each.reason) for each in trace[-2:]] == [
        (agreeing.code, d.CHANGE_KIND_RECALL, ""),
        (refusing.code, d.CHANGE_KIND_RECALL, "đã xử lý xong"),
    ]


async def test_recipients_of_a_recall_may_be_named_by_either_form_of_their_code(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    id_ = (await sender.send(content(), receiver)).document.id
    both = [f"000.00.00.{receiver.code}", receiver.code]
    await sender.call("RecallDocument", document=id_, recipients=both, reason="gửi nhầm")
    assert len((await receiver.document(id_)).deliveries[0].pending) == 1
    report = {"document": id_, "recipient": both[0], "status": d.STATUS_ARRIVED}
    assert (await receiver.call("ReportStatus", **report)).document.deliveries[0].status == d.STATUS_ARRIVED


async def test_an_update_reaches_each_receiver_as_far_as_it_agrees(shared: Installation) -> None:
    sender, agreeing, refusing, leaving, added = [await shared.agency() for _ in range(5)]
    document = (await sender.send(content(), agreeing, refusing, leaving)).document
    corrected = d.Content()
    corrected.CopyFrom(document.content)
    corrected.subject = "Đính chính"
    fields = {"content": corrected, "added": [added.code], "removed": [f"000.00.00.{leaving.code}"]}
    done = await sender.call("UpdateDocument", document=document.id, reason="sai trích yếu", **fields)
    change = await asked(agreeing, document.id)
    assert (change.kind, change.revision) == (d.CHANGE_KIND_UPDATE, 2)
    assert (await asked(leaving, document.id)).kind == d.CHANGE_KIND_RECALL
    assert (await answered(agreeing, document.id, change.id, s.ANSWER_AGREE)).revision == 2
    assert (await answered(refusing, document.id, change.id, s.ANSWER_REFUSE, "không")).revision == 1
    assert (await answered(leaving, document.id, change.id, s.ANSWER_AGREE)).status == d.STATUS_TAKEN_BACK
    box = await added.call("ListInbox", after=[done.position])
    assert [(each.document, each.subject, each.revision) for each in box.items] == [(document.id, "Đính chính", 2)]
    copies = {each.recipient: each.revision for each in (await sender.document(document.id)).deliveries}
    assert copies == {agreeing.code: 2, refusing.code: 1, leaving.code: 1, added.code: 2}


async def test_a_replacement_asks_the_receivers_of_the_old_document(shared: Installation) -> None:
    sender, agreeing, refusing, fresh = [await shared.agency() for _ in range(4)]
    old = (await sender.send(content(), agreeing, refusing)).document
    new = (await replace(shared, sender, old, agreeing, fresh)).document
    assert list(new.replaces) == [old.id]
    change = await asked(agreeing, old.id)
    assert (change.kind, change.replacement) == (d.CHANGE_KIND_REPLACEMENT, new.id)
    assert (await answered(agreeing, old.id, change.id, s.ANSWER_AGREE)).status == d.STATUS_REPLACED
    assert (await answered(refusing, old.id, change.id, s.ANSWER_REFUSE)).status == d.STATUS_UNSPECIFIED
    assert (await agreeing.document(old.id)).id == old.id  # it stays readable: what replaced it refers to it
    await shared.settled()
    trace = (await sender.call("GetTrace", document=old.id)).entries
    assert trace[1].agency == sender.code


async def test_a_replacement_may_be_for_some_receivers_only(shared: Installation) -> None:
    sender, one, other = [await shared.agency() for _ in range(3)]
    old = (await sender.send(content(), one, other)).document
    replaces = [e.ReplacedDocument(document=old.id, recipients=[f"000.00.00.{one.code}"])]
    await replace(shared, sender, old, one, replaces=replaces)
    await asked(one, old.id)
    assert not (await other.document(old.id)).deliveries[0].pending


async def test_two_documents_may_replace_the_same_one(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    old = (await sender.send(content(), receiver)).document
    await replace(shared, sender, old, receiver)
    await replace(shared, sender, old, receiver)
    await shared.settled()
    assert len(await proposals(shared, old.id)) == 2


async def test_nobody_can_stop_the_process_by_taking_the_ids_it_would_use(shared: Installation) -> None:
    sender, receiver, rogue = [await shared.agency() for _ in range(3)]
    old = (await sender.send(content(), receiver)).document
    said = content()
    new = document_id_of(sender, said)
    foretold = str(uuid.uuid5(replacement._NAMESPACE, f"{new} {old.id}"))
    await rogue.send(content(), rogue, request_id=foretold)
    assert (await replace(shared, sender, old, receiver, content=said)).document.id == new
    assert (await asked(receiver, old.id)).id == foretold
    assert shared.app._process.failed is None


def document_id_of(sender: Agency, said: d.Content) -> str:
    return document_id(f"{sender.code},2026/02/27,{said.number}/{said.notation}", date(2026, 2, 27))


async def test_the_process_asks_exactly_once_also_after_a_restart_that_forgot_how_far_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as platform:
        sender, receiver = await platform.agency(), await platform.agency()
        old = (await sender.send(content(), receiver)).document
        await replace(platform, sender, old, receiver)
        await asked(receiver, old.id)
        await platform.restart()
        await platform.settled()
        assert len(await proposals(platform, old.id)) == 1
        await platform.stop()
        (tmp_path / "docexchange" / "processes.sqlite").unlink()  # a crash before the position was stored, at its worst
        await platform.start()
        await platform.settled()
        assert len(await proposals(platform, old.id)) == 1
        platform.bystander = await platform.again(platform.bystander)
        await platform.answers()


async def test_what_was_sent_while_the_process_was_down_is_proposed_after_the_next_start(tmp_path: Path) -> None:
    async with running(tmp_path) as platform:
        sender, receiver = await platform.agency(), await platform.agency()
        old = (await sender.send(content(), receiver)).document
        platform.app._process.stop()
        await replace(platform, sender, old, receiver)
        assert not await proposals(platform, old.id)
        await platform.restart()
        await platform.settled()
        assert len(await proposals(platform, old.id)) == 1
