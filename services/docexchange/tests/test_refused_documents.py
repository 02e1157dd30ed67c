"""Documents and reports at fault: the exact reason, the field, both languages, nothing stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam.time_zone import VIETNAM_TIME

from .documents import content
from .installation import Installation
from .refusing import refused

INVALID = "REQUEST_INVALID"


def tomorrow(shared: Installation) -> Date:
    day = shared.clock().astimezone(VIETNAM_TIME).date() + timedelta(days=1)
    return Date(year=day.year, month=day.month, day=day.day)


async def test_recipients_must_be_known_able_to_receive_and_named_once(shared: Installation) -> None:
    sender, suspended = await shared.agency(), await shared.agency()
    await shared.ask("SuspendAgency", code=suspended.code, reason="thử nghiệm")

    def send(*codes: str) -> Any:
        return sender.call("SendDocument", content=content(), recipients=codes)

    mine = sender.code
    await refused(shared, send(mine, "Z98"), "AGENCY_UNKNOWN", "recipients[1]")
    await refused(shared, send(suspended.code), "AGENCY_SUSPENDED", "recipients[0]")
    await refused(shared, send(mine, f"000.00.00.{mine}"), "RECIPIENT_REPEATED", "recipients[1]")
    await refused(shared, send("Nghệ An"), "AGENCY_CODE_CHARACTER", "recipients[0]")
    await refused(shared, send(mine, mine), INVALID, "recipients", "DUPLICATE")
    await refused(shared, send(), INVALID, "recipients", "TOO_FEW")
    await refused(shared, send(*(f"H{n:05}" for n in range(10_000))), INVALID, "recipients", "TOO_MANY")
    all_at_once = await refused(shared, send("Z97", "x", suspended.code), "AGENCY_UNKNOWN", "recipients[0]")
    assert [each.reason for each in all_at_once.violations] == [
        "AGENCY_UNKNOWN",
        "AGENCY_CODE_CHARACTER",
        "AGENCY_SUSPENDED",
    ]


@pytest.mark.parametrize(
    ("changes", "reason", "field", "why"),
    [
        ({"notation": "x" * 31}, INVALID, "content.notation", "TOO_LONG"),
        ({"notation": ""}, INVALID, "content.notation", "REQUIRED_MISSING"),
        ({"number": "123456789012"}, INVALID, "content.number", "TOO_LONG"),
        ({"subject": ""}, INVALID, "content.subject", "REQUIRED_MISSING"),
        ({"subject": "x" * 501}, INVALID, "content.subject", "TOO_LONG"),
        ({"type": 33}, INVALID, "content.type", "OUT_OF_RANGE"),
        ({"priority": 9}, INVALID, "content.priority", "NOT_ALLOWED"),
        ({"promulgation_date": None}, INVALID, "content.promulgation_date", "REQUIRED_MISSING"),
        ({"promulgation_date": Date(year=2026, month=2, day=30)}, "DATE_INVALID", "content.promulgation_date", ""),
        ({"promulgation_date": Date(year=2026)}, "DATE_INVALID", "content.promulgation_date", ""),
        ({"due_date": Date(year=2026, month=13, day=1)}, "DATE_INVALID", "content.due_date", ""),
        ({"number": "12/3"}, "CODE_AMBIGUOUS", "content.number", ""),
        ({"notation": " X"}, "CODE_AMBIGUOUS", "content.number", ""),
        ({"response_for": [d.Reference(code="số 12")]}, "DOCUMENT_ID_PATTERN", "content.response_for[0].code", ""),
        (
            {"attachments": [d.Attachment(sha256=b"short", size=1, name="x")]},
            INVALID,
            "content.attachments[0].sha256",
            "WRONG_LENGTH",
        ),
        (
            {"attachments": [d.Attachment(sha256=bytes(32), size=1, name="x")]},
            "ATTACHMENT_UNKNOWN",
            "content.attachments[0].sha256",
            "",
        ),
    ],
)
async def test_a_content_at_fault_is_refused(
    shared: Installation, changes: dict[str, Any], reason: str, field: str, why: str
) -> None:
    agency = await shared.agency()
    await refused(shared, agency.send(content(**changes), agency), reason, field, why)


async def test_what_does_not_fit_into_a_record_is_refused(shared: Installation) -> None:
    agency = await shared.agency()
    said = content(to_places=["ế" * 150] * 200)
    refusal = await refused(shared, agency.send(said, agency), "RECORD_TOO_LARGE")
    assert int(refusal.metadata["size"]) > int(refusal.metadata["limit"])


async def test_a_document_is_not_dated_in_the_future(shared: Installation) -> None:
    agency = await shared.agency()
    said = content(promulgation_date=tomorrow(shared))
    await refused(shared, agency.send(said, agency), "DATE_IN_FUTURE", "content.promulgation_date")


async def test_an_attachment_has_the_size_that_was_uploaded(shared: Installation) -> None:
    agency = await shared.agency()
    file = await agency.upload(b"12345")
    file.size = 6
    sent = agency.send(content(attachments=[file]), agency)
    await refused(shared, sent, "ATTACHMENT_SIZE_DIFFERS", "content.attachments[0].size")


async def test_a_code_is_used_once(shared: Installation) -> None:
    agency = await shared.agency()
    said = content()
    document = (await agency.send(said, agency)).document
    said.subject = "Văn bản khác"
    refusal = await refused(shared, agency.send(said, agency), "DOCUMENT_EXISTS", "content.number")
    assert refusal.metadata == {"code": document.code}


async def test_a_status_follows_the_one_before(shared: Installation) -> None:
    agency = await shared.agency()
    id_ = (await agency.send(content(), agency)).document.id
    refusal = await refused(shared, agency.report(id_, d.STATUS_ACCEPTED), "STATUS_NOT_ALLOWED", "status")
    assert refusal.metadata == {"present": "STATUS_UNSPECIFIED", "allowed": "STATUS_ARRIVED"}
    await agency.report(id_, d.STATUS_ARRIVED)
    refusal = await refused(shared, agency.report(id_, d.STATUS_COMPLETED), "STATUS_NOT_ALLOWED", "status")
    assert refusal.metadata["allowed"] == "STATUS_REFUSED,STATUS_ACCEPTED"
    assert "STATUS_REFUSED, STATUS_ACCEPTED" in refusal.en
    for status, why in [(99, "NOT_ALLOWED"), (0, "REQUIRED_MISSING"), (-1, "NOT_ALLOWED")]:
        await refused(shared, agency.report(id_, status), INVALID, "status", why)  # type: ignore[arg-type] # on purpose
    await refused(shared, agency.report(id_, d.STATUS_TAKEN_BACK), "STATUS_NOT_REPORTABLE", "status")
    await refused(shared, agency.report(id_, d.STATUS_REFUSED, reason="\t "), "REASON_MISSING", "reason")


async def test_a_document_that_does_not_exist_and_a_foreign_one_cannot_be_told_apart(shared: Installation) -> None:
    owner, rogue = await shared.agency(), await shared.agency()
    foreign = (await owner.send(content(), owner)).document.id
    change = "5b0f3b39-94a5-4cf1-8d57-0a8d1c7a1a09"
    refusals = []
    for id_ in (foreign, "20260227-" + "a" * 26):
        for call in (
            rogue.document(id_),
            rogue.call("GetTrace", document=id_),
            rogue.call("GetThread", document=id_),
            rogue.report(id_, d.STATUS_ARRIVED),
            rogue.call("RecallDocument", document=id_, reason="?"),
            rogue.call("UpdateDocument", document=id_, content=content(), reason="?"),
            rogue.call("AnswerChange", document=id_, change=change, answer=s.ANSWER_AGREE),
        ):
            refusal = await refused(shared, call, "DOCUMENT_UNKNOWN", "document")
            refusals.append((refusal.kind, refusal.en, refusal.metadata))
    assert len({str(each) for each in refusals}) == 1
    for id_ in ("x", "20260227-" + "A" * 26, "20260227-" + "a" * 27):
        await refused(shared, rogue.document(id_), INVALID, "document", "MALFORMED")


async def test_changes_at_fault_are_refused(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    document = (await sender.send(content(), receiver)).document
    known = {"document": document.id, "reason": "?"}

    def update(**fields: Any) -> Any:
        return sender.call("UpdateDocument", **{**known, "content": document.content, **fields})

    def recall(*codes: str) -> Any:
        return sender.call("RecallDocument", **known, recipients=codes)

    await refused(shared, update(content=content()), "CODE_CHANGED", "content.number")
    await refused(shared, update(added=["Z98"]), "AGENCY_UNKNOWN", "added[0]")
    await refused(shared, update(added=[receiver.code]), "ALREADY_A_RECIPIENT", "added[0]")
    await refused(shared, update(removed=[sender.code]), "NOT_A_RECIPIENT", "removed[0]")
    await refused(shared, update(reason=""), INVALID, "reason", "REQUIRED_MISSING")
    await refused(shared, recall(receiver.code, sender.code), "NOT_A_RECIPIENT", "recipients[1]")
    answer = {"document": document.id, "answer": s.ANSWER_AGREE}
    unknown = receiver.call("AnswerChange", **answer, change="5b0f3b39-94a5-4cf1-8d57-0a8d1c7a1a09")
    await refused(shared, unknown, "CHANGE_UNKNOWN", "change")
    await refused(shared, receiver.call("AnswerChange", **answer, change="x"), INVALID, "change", "NOT_A_UUID")
    await recall(receiver.code)
    await refused(shared, recall(receiver.code), "CHANGE_PENDING")
    await refused(shared, update(), "CHANGE_PENDING")
    change = (await receiver.document(document.id)).deliveries[0].pending[0].id
    await receiver.call("AnswerChange", **answer, change=change)
    await refused(shared, recall(receiver.code), "COPY_GONE", "recipients")
    await refused(shared, recall(), "NOBODY_TO_ASK")
    gone = await refused(shared, receiver.report(document.id, d.STATUS_ARRIVED), "STATUS_NOT_ALLOWED", "status")
    assert gone.metadata["allowed"] == ""


async def test_replacements_at_fault_are_refused(shared: Installation) -> None:
    sender, rogue = await shared.agency(), await shared.agency()
    own = (await sender.send(content(), sender)).document.id
    foreign = (await rogue.send(content(), rogue)).document.id

    def replace(*replaces: e.ReplacedDocument) -> Any:
        return sender.call("ReplaceDocument", content=content(), recipients=[sender.code], replaces=replaces)

    known = e.ReplacedDocument(document=own)
    await refused(shared, replace(), INVALID, "replaces", "TOO_FEW")
    await refused(shared, replace(known, e.ReplacedDocument(document=foreign)), "DOCUMENT_UNKNOWN", "replaces[1]")
    await refused(shared, replace(e.ReplacedDocument(document="\0")), "DOCUMENT_UNKNOWN", "replaces[0]")
    await refused(shared, replace(known, known), "REPLACED_TWICE", "replaces[1].document")
    stranger = e.ReplacedDocument(document=own, recipients=[rogue.code])
    await refused(shared, replace(stranger), "NOT_A_RECIPIENT", "replaces[0]")
