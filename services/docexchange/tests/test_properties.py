"""What holds of a document whatever is commanded, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence

from docexchange_service.document import DOCUMENT, NEXT, Document, evolve
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam.enums import ProcessingStatus, allowed_next

from .documents import CODE, ID, NOW, SAID
from .histories import AGENCIES, STEPS, Step, lived

ENDS = {d.STATUS_REFUSED, d.STATUS_COMPLETED}
BY_ANSWER = {d.STATUS_TAKEN_BACK: d.CHANGE_KIND_RECALL, d.STATUS_REPLACED: d.CHANGE_KIND_REPLACEMENT}

CODES = st.sampled_from(AGENCIES)
LISTS = st.lists(CODES, max_size=3, unique=True)
CHANGES = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from(d.ChangeKind.values())
EVENTS: st.SearchStrategy[Message] = st.one_of(
    st.builds(e.DocumentSent, document=st.just(ID), code=st.just(CODE), recipients=LISTS, content=st.just(SAID)),
    st.builds(e.DeliveryStatusReported, recipient=CODES, status=st.sampled_from(d.Status.values()), time=st.just(NOW)),
    st.builds(e.RecallRequested, change=CHANGES, recipients=LISTS),
    st.builds(
        e.UpdateProposed, change=CHANGES, recipients=LISTS, added=LISTS, removed=LISTS, revision=st.integers(0, 9)
    ),
    st.builds(e.ReplacementProposed, change=CHANGES, recipients=LISTS),
    st.builds(e.ChangeAgreed, recipient=CODES, change=CHANGES, kind=KINDS),
    st.builds(e.ChangeRefused, recipient=CODES, change=CHANGES, kind=KINDS),
    st.builds(e.AttachmentStored, agency=CODES),
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_a_status_moves_only_along_qcvn_102_or_by_the_receiver_s_consent(steps: Sequence[Step]) -> None:
    for _, before, event, after in lived(steps):
        for code, copy in before.deliveries.items():
            now = after.deliveries[code].status
            if now == copy.status:
                continue
            if now in BY_ANSWER:
                assert isinstance(event, e.ChangeAgreed)
                assert event.kind == BY_ANSWER[now]
                assert event.recipient == code
            else:
                assert now in NEXT[copy.status]


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_a_copy_is_of_the_revision_that_its_receiver_last_agreed_to(steps: Sequence[Step]) -> None:
    agreed: dict[tuple[int, str], int] = {}
    revisions: dict[tuple[int, str], int] = {}
    for number, _, event, after in lived(steps):
        match event:
            case e.DocumentSent():
                agreed |= {(number, code): 1 for code in event.recipients}
            case e.UpdateProposed():
                revisions[number, event.change] = event.revision
                agreed |= {(number, code): event.revision for code in event.added}
            case e.ChangeAgreed() if event.kind == d.CHANGE_KIND_UPDATE:
                agreed[number, event.recipient] = revisions[number, event.change]
        for code, copy in after.deliveries.items():
            assert copy.revision == agreed[number, code] <= after.revision


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_a_change_is_asked_once_answered_once_and_never_of_one_who_holds_nothing(steps: Sequence[Step]) -> None:
    for _, _, _, after in lived(steps):
        for copy in after.deliveries.values():
            waiting, answered = [each.change for each in copy.pending], [each for each, _ in copy.answered]
            assert len({*waiting, *answered}) == len(waiting) + len(answered)
            assert not (copy.gone and waiting)


@settings(deadline=None, max_examples=60)
@given(st.lists(EVENTS, max_size=12))
def test_every_event_can_follow_any_other(events: Sequence[Message]) -> None:
    state = DOCUMENT.initial
    for event in events:
        state = evolve(state, event)
        assert isinstance(state, Document)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_folding_in_parts_is_folding_at_once(steps: Sequence[Step]) -> None:
    events = [event for number, _, event, _ in lived(steps) if number == 0]
    half = len(events) // 2
    assert DOCUMENT.fold(events[half:], DOCUMENT.fold(events[:half])) == DOCUMENT.fold(events)


def test_the_transitions_are_those_of_the_national_tables() -> None:
    known = {f"{status:02}": status for status in d.Status.values() if d.STATUS_ARRIVED <= status <= d.STATUS_COMPLETED}
    for text, status in known.items():
        wanted = {known[each] for each in allowed_next(ProcessingStatus(text))}
        assert NEXT.get(status, frozenset()) == wanted
    assert all(status not in NEXT for status in ENDS)
