"""Each view, folded from random lives of documents, equals what their last states say; nothing is ever poisoned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from docexchange_service.views.copies import packed, packed_all, unpacked, unpacked_all
from docexchange_service.views.counts import COUNTS, day_of
from docexchange_service.views.inbox import INBOX
from docexchange_service.views.outbox import OUTBOX
from docexchange_service.views.thread import LINKS, THREAD
from docexchange_service.views.trace import TRACE
from eventlog.record import Recorded, prepare, seal
from hypothesis import given, settings
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from views.specification import rows_of
from views.view import View

from .documents import agreed, content, recalled, refused, reported, sent, updated
from .histories import SENDER, STEPS, Step, logged

COUNTED = {d.STATUS_ACCEPTED: "accepted", d.STATUS_REFUSED: "refused", d.STATUS_COMPLETED: "completed"}


def told(event: Any) -> set[str]:
    """Return whose inboxes an event reaches."""
    lists = [getattr(event, name, ()) for name in ("recipients", "added", "removed")]
    return {code for codes in lists for code in codes} | ({event.recipient} if hasattr(event, "recipient") else set())


def about(records: Sequence[Recorded], document: str) -> list[Recorded]:
    return [each for each in records if each.event.document == document]  # type: ignore[attr-defined]


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_the_inbox_shows_each_copy_as_it_stands(steps: Sequence[Step]) -> None:
    log, states = logged(steps)
    rows = rows_of(INBOX, log.records())
    assert set(rows) == {(code, id_) for id_, state in states.items() for code in state.deliveries}
    for (code, id_), row in rows.items():
        copy = states[id_].deliveries[code]
        mine = [each for each in about(log.records(), id_) if code in told(each.event)]
        last = mine[-1]
        brought: Any = [each.event for each in mine if hasattr(each.event, "content")]
        assert (row["status"], row["pending"]) == (copy.status, len(copy.pending))
        assert row["subject"] == brought[-1].content.subject
        assert row["revision"] == getattr(brought[-1], "revision", 1)
        assert row["sent"] == brought[0].time.ToMicroseconds()
        assert (row["partition"], row["position"]) == (last.partition, last.position)
        assert row["changed"] == last.record.recorded_at.ToMicroseconds()
        assert (row["code"], row["sender"]) == (states[id_].code, SENDER)


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_the_outbox_counts_the_copies_of_each_document(steps: Sequence[Step]) -> None:
    log, states = logged(steps)
    rows = rows_of(OUTBOX, log.records())
    assert set(rows) == {(id_,) for id_ in states}
    for (id_,), row in rows.items():
        copies = states[id_].deliveries.values()
        statuses = [each.status for each in copies]
        expected = {
            "deliveries": len(statuses),
            "accepted": sum(d.STATUS_ACCEPTED <= each <= d.STATUS_COMPLETED for each in statuses),
            "completed": statuses.count(d.STATUS_COMPLETED),
            "refused": statuses.count(d.STATUS_REFUSED),
            "pending": sum(len(each.pending) for each in copies),
            "subject": states[id_].content.subject,
            "changed": about(log.records(), id_)[-1].record.recorded_at.ToMicroseconds(),
        }
        assert {name: row[name] for name in expected} == expected


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_the_trace_has_a_step_for_every_event(steps: Sequence[Step]) -> None:
    log, _ = logged(steps)
    rows = rows_of(TRACE, log.records())
    assert len(rows) == len(log.records())
    for each in log.records():
        event: Any = each.event
        row = rows[event.document, each.version]
        named = event.recipient if hasattr(event, "recipient") else ",".join(getattr(event, "recipients", []))
        everybody = isinstance(event, e.DocumentSent | e.UpdateProposed)
        assert row["recipients"] == ("" if everybody else named)
        assert (row["event"], row["position"]) == (each.type_name, each.position)
        assert row["status"] == getattr(event, "status", 0)
        assert row["agency"] == each.record.origin.agency
        kinds = {e.RecallRequested: 1, e.UpdateProposed: 2, e.ReplacementProposed: 3}
        assert row["change"] == getattr(event, "kind", kinds.get(type(event), 0))


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_the_thread_has_each_document_as_it_reads_now_and_all_it_ever_answered(steps: Sequence[Step]) -> None:
    log, states = logged(steps)
    rows = rows_of(THREAD, log.records())
    assert {code: row["subject"] for (code,), row in rows.items()} == {
        state.code: state.content.subject for state in states.values()
    }
    said: list[Any] = [each.event for each in log.records() if hasattr(each.event, "content")]
    answered = {(event.code, each.code) for event in said for each in event.content.response_for}
    assert set(rows_of(LINKS, log.records())) == answered


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_the_counts_add_up_whatever_the_order_of_the_documents(steps: Sequence[Step]) -> None:
    log, _ = logged(steps)
    expected = Counter[tuple[str, str, str]]()
    for each in log.records():
        event, day = each.event, day_of(each)
        match event:
            case e.DocumentSent():
                expected[event.sender, day, "sent"] += 1
                expected.update((code, day, "received") for code in event.recipients)
            case e.UpdateProposed():
                expected.update((code, day, "received") for code in event.added)
            case e.DeliveryStatusReported() if event.status in COUNTED:
                expected[event.recipient, day, COUNTED[event.status]] += 1
    for records in (log.records(), sorted(log.records(), key=lambda each: (each.stream, each.version))):
        rows = rows_of(COUNTS, records)
        shown = {(*key, name): row[name] for key, row in rows.items() for name in row if name not in ("agency", "day")}
        assert {key: count for key, count in shown.items() if count} == expected


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_what_a_view_keeps_of_a_copy_is_what_it_needs(steps: Sequence[Step]) -> None:
    _, states = logged(steps)
    for state in states.values():
        copies = list(state.deliveries.values())
        again = unpacked_all(packed_all(copies))
        alone = [unpacked(each.recipient, packed(each)) for each in copies]
        for kept in (again, alone):
            assert [standing(each) for each in kept] == [standing(each) for each in copies]


def standing(copy: Any) -> Any:
    return (
        copy.recipient,
        copy.status,
        copy.revision,
        [(each.change, each.kind, each.revision) for each in copy.pending],
    )


@pytest.mark.parametrize(
    ("micros", "day"),
    [(1_772_125_199_999_999, "2026-02-26"), (1_772_125_200_000_000, "2026-02-27"), (0, "1970-01-01")],
)
def test_days_are_vietnam_s(micros: int, day: str) -> None:
    assert day_of(seal("docexchange", 0, 0, "s", 1, micros, prepare("s", sent(), b"", b""))) == day


@pytest.mark.parametrize("view", [INBOX, OUTBOX, THREAD], ids=lambda view: view.name)
@pytest.mark.parametrize(
    "event",
    [
        reported("H41", d.STATUS_ARRIVED),
        recalled("c", "H41"),
        updated("c", "H41"),
        agreed("H41", "c", d.CHANGE_KIND_RECALL),
        refused("H41", "c", d.CHANGE_KIND_RECALL),
    ],
    ids=lambda event: event.DESCRIPTOR.name,
)
def test_an_event_of_a_document_that_was_never_sent_poisons_rather_than_invents(view: View, event: Any) -> None:
    record = seal("docexchange", 0, 0, "s", 1, 0, prepare("s", event, b"", b""))
    if record.type_name not in view.types:
        return
    if view is INBOX and isinstance(event, e.UpdateProposed):
        return  # who is added by an update was never sent the document before
    with pytest.raises(LookupError):
        rows_of(view, [record])


def test_a_reference_is_tied_by_the_current_form_of_its_agency_s_code_and_one_that_is_no_code_stands_alone() -> None:
    said = content(response_for=[d.Reference(code="000.00.00.H41,01/09/2018,2/UBND"), d.Reference(code="số 2")])
    record = seal("docexchange", 0, 0, "s", 1, 0, prepare("s", sent(content=said), b"", b""))
    assert {answered for _, answered in rows_of(LINKS, [record])} == {"H41,2018/09/01,2/UBND", "số 2"}


def test_every_view_follows_the_service_s_log_and_only_events_of_documents() -> None:
    names = {message.full_name for message in e.DESCRIPTOR.message_types_by_name.values()}
    for view in (INBOX, OUTBOX, TRACE, THREAD, LINKS, COUNTS):
        assert view.log == "docexchange"
        assert view.types <= names - {e.AttachmentStored.DESCRIPTOR.full_name}
