"""The document: sending, and where each copy stands. Every branch of its decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from decider.refusal import Kind
from decider.specification import given
from docexchange_service import document
from docexchange_service.document import DOCUMENT, NEXT, Document
from google.protobuf.message import Message
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e

from .documents import CODE, FILE, ID, NOW, SAID, recalled, reported, sent, walked

Decide = Callable[[Document], Sequence[Message]]
STATUSES = [status for status in d.Status.values() if status <= d.STATUS_COMPLETED]
WAY: dict[int, list[d.Status.ValueType]] = {
    d.STATUS_UNSPECIFIED: [],
    d.STATUS_ARRIVED: [d.STATUS_ARRIVED],
    d.STATUS_REFUSED: [d.STATUS_ARRIVED, d.STATUS_REFUSED],
    d.STATUS_ACCEPTED: [d.STATUS_ARRIVED, d.STATUS_ACCEPTED],
    d.STATUS_ASSIGNED: [d.STATUS_ARRIVED, d.STATUS_ACCEPTED, d.STATUS_ASSIGNED],
    d.STATUS_IN_PROCESS: [d.STATUS_ARRIVED, d.STATUS_ACCEPTED, d.STATUS_IN_PROCESS],
    d.STATUS_COMPLETED: [d.STATUS_ARRIVED, d.STATUS_ACCEPTED, d.STATUS_COMPLETED],
}


def send(**changes: Any) -> Decide:
    known = {"document": ID, "code": CODE, "sender": "G22", "content": SAID, "recipients": ["H41", "H26"], "now": NOW}
    return lambda state: document.decide_send(state, **{**known, **changes})


def report(status: d.Status.ValueType, recipient: str = "H41", reason: str = "", note: str = "") -> Decide:
    return lambda state: document.decide_status(
        state, recipient=recipient, status=status, reason=reason, note=note, now=NOW
    )


def test_a_document_is_sent_to_its_recipients() -> None:
    given(DOCUMENT).when(send()).then(sent())


def test_what_it_replaces_and_the_message_it_came_in_are_kept() -> None:
    source = d.EdxmlSource(sha256=FILE, size=7, signature=d.SignatureCheck(result=d.SIGNATURE_RESULT_ABSENT))
    replaces = [e.ReplacedDocument(document="20260101-old", recipients=["H41"])]
    expected = sent(replaces=replaces, edxml=source)
    given(DOCUMENT).when(send(replaces=replaces, edxml=source)).then(expected)
    state = DOCUMENT.fold([expected])
    assert (state.replaces, state.edxml) == (("20260101-old",), source)


def test_a_code_is_used_once() -> None:
    refusal = given(DOCUMENT, sent()).when(send()).then_refused("DOCUMENT_EXISTS")
    assert (refusal.kind, refusal.metadata) == (Kind.ALREADY_EXISTS, {"code": CODE})


def test_a_sent_document_is_on_its_way_to_each_recipient_in_its_first_revision() -> None:
    state = DOCUMENT.fold([sent()])
    assert (state.id, state.code, state.sender, state.revision, state.time) == (ID, CODE, "G22", 1, NOW)
    assert [(each.recipient, each.status, each.revision, each.pending) for each in state.deliveries.values()] == [
        ("H41", d.STATUS_UNSPECIFIED, 1, ()),
        ("H26", d.STATUS_UNSPECIFIED, 1, ()),
    ]
    assert state.attachments == {FILE: 5}
    assert state.edxml is None


@pytest.mark.parametrize("present", STATUSES, ids=d.Status.Name)
@pytest.mark.parametrize("wanted", STATUSES[1:], ids=d.Status.Name)
def test_a_status_follows_only_those_before_it_in_qcvn_102(
    present: d.Status.ValueType, wanted: d.Status.ValueType
) -> None:
    outcome = given(DOCUMENT, sent(), *walked("H41", *WAY[present])).when(report(wanted, reason="sai thẩm quyền"))
    allowed = NEXT.get(present, frozenset())
    if wanted == present:
        outcome.then_nothing()
    elif wanted in allowed:
        outcome.then(reported("H41", wanted, reason="sai thẩm quyền"))
    else:
        refusal = outcome.then_refused("STATUS_NOT_ALLOWED")
        names = ",".join(d.Status.Name(each) for each in sorted(allowed))
        assert refusal.kind is Kind.NOT_NOW
        assert refusal.metadata == {"present": d.Status.Name(present), "allowed": names}
        assert all(d.Status.Name(each) in refusal.en for each in allowed)


def test_a_report_keeps_its_note_and_time() -> None:
    given(DOCUMENT, sent()).when(report(d.STATUS_ARRIVED, note="bản giấy gửi sau")).then(
        reported("H41", d.STATUS_ARRIVED, note="bản giấy gửi sau")
    )
    copy = DOCUMENT.fold([sent(), reported("H41", d.STATUS_ARRIVED)]).deliveries["H41"]
    assert copy.time == NOW


def test_a_report_changes_the_reporter_s_copy_alone() -> None:
    state = DOCUMENT.fold([sent(), reported("H41", d.STATUS_ARRIVED)])
    assert [each.status for each in state.deliveries.values()] == [d.STATUS_ARRIVED, d.STATUS_UNSPECIFIED]


@pytest.mark.parametrize("reason", ["", " \n\t"])
def test_a_refusal_needs_a_reason(reason: str) -> None:
    arrived = given(DOCUMENT, sent(), reported("H41", d.STATUS_ARRIVED))
    arrived.when(report(d.STATUS_REFUSED, reason=reason)).then_refused("REASON_MISSING")


@pytest.mark.parametrize("status", [d.STATUS_TAKEN_BACK, d.STATUS_REPLACED])
def test_what_an_answer_brings_cannot_be_reported(status: d.Status.ValueType) -> None:
    given(DOCUMENT, sent()).when(report(status)).then_refused("STATUS_NOT_REPORTABLE")


@pytest.mark.parametrize("events", [[], [sent()]])
def test_only_a_recipient_reports(events: list[Message]) -> None:
    refusal = given(DOCUMENT, *events).when(report(d.STATUS_ARRIVED, recipient="H99")).then_refused("DOCUMENT_UNKNOWN")
    assert refusal.kind is Kind.NOT_FOUND


def test_who_refuses_a_document_is_asked_nothing_more() -> None:
    history = [sent(), recalled("c", "H41"), *walked("H41", *WAY[d.STATUS_REFUSED])]
    copy = DOCUMENT.fold(history).deliveries["H41"]
    assert copy.gone
    assert not copy.pending
    assert DOCUMENT.fold(history).deliveries["H26"].pending == ()


def test_an_id_follows_from_the_code_and_sorts_by_day() -> None:
    first, second = document.document_id("a", date(2026, 2, 27)), document.document_id("a", date(2026, 3, 1))
    assert first == document.document_id("a", date(2026, 2, 27))
    assert first < second
    assert first[9:] == second[9:] != document.document_id("b", date(2026, 3, 1))[9:]


def test_the_id_of_a_document_of_the_year_26_is_one_that_requests_may_name() -> None:
    assert document.document_id("a", date(26, 2, 27)).startswith("00260227-")


def test_its_stream_is_named_after_its_id() -> None:
    assert document.stream_of(ID) == f"document-{ID}"
