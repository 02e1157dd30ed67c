"""A request is answered once: the same bytes get the first answer, whatever has happened since; others are refused."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docexchange_service.document import stream_of
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import events_pb2 as e

from .agency import request_of
from .documents import content
from .installation import Installation, running
from .messages import message
from .refusing import refused


def length(shared: Installation, document: str) -> int:
    """Return how many events a document has."""
    return len(shared.app.log.store.read_stream(stream_of(document)))


async def test_every_command_repeated_after_later_changes_gets_its_first_answer(shared: Installation) -> None:
    sender, receiver, added = [await shared.agency() for _ in range(3)]
    said = content()
    send = request_of("SendDocument", content=said, recipients=[receiver.code])
    id_ = (await sender.repeat("SendDocument", send)).document.id
    arrive = request_of("ReportStatus", document=id_, status=d.STATUS_ARRIVED)
    accept = request_of("ReportStatus", document=id_, status=d.STATUS_ACCEPTED)
    update = request_of("UpdateDocument", document=id_, content=said, added=[added.code], reason="sửa")
    agree = request_of("AnswerChange", document=id_, change=update.request_id, answer=s.ANSWER_AGREE)
    recall = request_of("RecallDocument", document=id_, recipients=[receiver.code], reason="gửi nhầm")
    refuse = request_of("AnswerChange", document=id_, change=recall.request_id, answer=s.ANSWER_REFUSE)
    replaces = [e.ReplacedDocument(document=id_)]
    replace = request_of("ReplaceDocument", content=content(), recipients=[receiver.code], replaces=replaces)
    script: Sequence[tuple[Any, str, Any]] = [
        (sender, "SendDocument", send),
        (receiver, "ReportStatus", arrive),
        (receiver, "ReportStatus", accept),
        (sender, "UpdateDocument", update),
        (receiver, "AnswerChange", agree),
        (sender, "RecallDocument", recall),
        (receiver, "AnswerChange", refuse),
        (sender, "ReplaceDocument", replace),
    ]
    first = [await who.repeat(rpc, request) for who, rpc, request in script]
    await shared.settled()
    before = shared.stored()
    again = [await who.repeat(rpc, request) for who, rpc, request in script]
    assert again == first
    assert shared.stored() == before


async def test_duplicates_sent_at_once_have_one_effect(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    send = request_of("SendDocument", content=content(), recipients=[receiver.code])
    answers = await asyncio.gather(*(sender.repeat("SendDocument", send) for _ in range(10)))
    assert all(each == answers[0] for each in answers)
    id_ = answers[0].document.id
    assert length(shared, id_) == 1
    arrive = request_of("ReportStatus", document=id_, status=d.STATUS_ARRIVED)
    reports = await asyncio.gather(*(receiver.repeat("ReportStatus", arrive) for _ in range(10)))
    assert all(each == reports[0] for each in reports)
    assert length(shared, id_) == 2


async def test_duplicate_streams_sent_at_once_have_one_effect(shared: Installation) -> None:
    sender = await shared.agency()
    request = str(uuid.uuid4())
    data = message(sender, sender, files=(b"mot tep",))
    answers = await asyncio.gather(*(sender.take(data, request_id=request) for _ in range(5)))
    assert all(each == answers[0] for each in answers)
    assert length(shared, answers[0].document.id) == 1
    request = str(uuid.uuid4())
    uploads = await asyncio.gather(*(sender.put("UploadAttachment", data, request_id=request) for _ in range(5)))
    assert all(each == uploads[0] for each in uploads)
    assert uploads[0].HasField("position")


async def test_a_repeat_is_answered_after_the_recipient_was_suspended_and_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as platform:
        sender, receiver = await platform.agency(), await platform.agency()
        send = request_of("SendDocument", content=content(), recipients=[receiver.code])
        first = await sender.repeat("SendDocument", send)
        await platform.ask("SuspendAgency", code=receiver.code, reason="thử nghiệm")
        assert await sender.repeat("SendDocument", send) == first
        await platform.restart()
        sender = await platform.again(sender)
        assert await sender.repeat("SendDocument", send) == first
        await refused(platform, sender.send(content(), receiver), "AGENCY_SUSPENDED", "recipients[0]")


async def test_a_repeated_import_is_answered_after_the_recipient_was_suspended(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    data, request = message(sender, receiver, files=(b"mot tep",)), str(uuid.uuid4())
    first = await sender.take(data, request_id=request)
    await shared.ask("SuspendAgency", code=receiver.code, reason="thử nghiệm")
    assert await sender.take(data, request_id=request) == first


async def test_a_request_id_stands_for_one_request_of_one_system(shared: Installation) -> None:
    sender = await shared.agency()
    other, stranger = await shared.system(sender.code), await shared.agency()
    send = request_of("SendDocument", content=content(), recipients=[sender.code])
    id_ = (await sender.repeat("SendDocument", send)).document.id
    known = {"request_id": send.request_id}
    reused = ("REQUEST_ID_REUSED", "request_id")
    await refused(shared, sender.send(content(), sender, **known), *reused)
    await refused(shared, sender.report(id_, d.STATUS_ARRIVED, **known), *reused)
    await refused(shared, sender.call("RecallDocument", document=id_, reason="?", **known), *reused)
    await refused(shared, other.repeat("SendDocument", send), *reused)
    await refused(shared, stranger.send(content(), stranger, **known), *reused)
    await refused(shared, stranger.put("UploadAttachment", b"x" * 99, **known), *reused)
    await refused(shared, sender.take(message(sender, sender, files=(b"y" * 99,)), **known), *reused)


async def test_a_command_that_was_refused_may_be_sent_again_under_its_id_when_it_is_right(shared: Installation) -> None:
    sender = await shared.agency()
    known = {"request_id": str(uuid.uuid4())}
    wrong = sender.call("SendDocument", content=content(), recipients=["Z98"], **known)
    await refused(shared, wrong, "AGENCY_UNKNOWN", "recipients[0]")
    assert (await sender.send(content(), sender, **known)).HasField("position")


async def test_what_changes_nothing_has_no_position(shared: Installation) -> None:
    sender = await shared.agency()
    id_ = (await sender.send(content(), sender)).document.id
    await sender.report(id_, d.STATUS_ARRIVED)
    again = await sender.report(id_, d.STATUS_ARRIVED)
    assert not again.HasField("position")
    assert length(shared, id_) == 2
