"""What must be true of a content and of recipients: pure, all faults at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from decider.refusal import Refusal
from docexchange_service import content as rules
from docexchange_service import cursor
from docexchange_service.content import Standing
from google.type.date_pb2 import Date
from hypothesis import given, settings
from hypothesis import strategies as st
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam.edxml import document_id

from .documents import content

TODAY = date(2026, 2, 27)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=11)


def test_the_code_of_a_document_names_sender_day_number_and_notation() -> None:
    said = content(number="7816")
    assert rules.code_of("G22", said, TODAY) == "G22,2026/02/27,7816/VPCP-TTĐT"
    assert rules.promulgated(said) == TODAY


@settings(deadline=None, max_examples=150)
@given(TEXT, TEXT)
def test_a_code_that_is_taken_can_be_read_back(number: str, notation: str) -> None:
    said = content(number=number, notation=notation)
    if rules.faults_of(said, {}, TODAY):
        return
    known = document_id.parse(rules.code_of("G22", said, TODAY))
    assert (known.number, known.notation) == (number, notation)


def test_all_faults_are_told_at_once() -> None:
    said = content(
        number="1/2",
        promulgation_date=Date(year=2026, month=2, day=28),
        due_date=Date(year=2026, month=2, day=30),
        response_for=[d.Reference(code="H41,2018/09/01,267/UBND-TH"), d.Reference(code="267/UBND-TH")],
        attachments=[
            d.Attachment(sha256=b"a" * 32, size=1),
            d.Attachment(sha256=b"b" * 32, size=2),
            d.Attachment(sha256=b"c" * 32, size=3),
        ],
    )
    faults = rules.faults_of(said, {b"a" * 32: 1, b"b" * 32: 9}, TODAY, own={})
    assert [(each.field, each.reason) for each in faults] == [
        ("content.number", "CODE_AMBIGUOUS"),
        ("content.response_for[1].code", "DOCUMENT_ID_PATTERN"),
        ("content.promulgation_date", "DATE_IN_FUTURE"),
        ("content.due_date", "DATE_INVALID"),
        ("content.attachments[1].size", "ATTACHMENT_SIZE_DIFFERS"),
        ("content.attachments[2].sha256", "ATTACHMENT_UNKNOWN"),
    ]
    with pytest.raises(Refusal) as caught:
        rules.refuse_if(faults)
    assert (caught.value.reason, len(caught.value.violations)) == ("CODE_AMBIGUOUS", 6)
    rules.refuse_if([])


def test_what_the_document_held_before_need_not_be_uploaded_again() -> None:
    said = content(attachments=[d.Attachment(sha256=b"a" * 32, size=1)])
    assert not rules.faults_of(said, {}, TODAY, own={b"a" * 32: 1})
    assert rules.faults_of(said, {}, TODAY, own={b"a" * 32: 2})


def test_recipients_come_in_their_current_form_and_in_order() -> None:
    standing = {"H41": Standing.ACTIVE, "G22": Standing.ACTIVE, "G12.18": Standing.SUSPENDED}
    codes, faults = rules.recipients(
        "added",
        ["000.00.00.H41", "G22", "H41", "000.00.18.G12", "H99", ""],
        lambda code: standing.get(code, Standing.UNKNOWN),
    )
    assert codes == ["H41", "G22", "G12.18", "H99"]
    assert [(each.field, each.reason) for each in faults] == [
        ("added[2]", "RECIPIENT_REPEATED"),
        ("added[3]", "AGENCY_SUSPENDED"),
        ("added[4]", "AGENCY_UNKNOWN"),
        ("added[5]", "AGENCY_CODE_EMPTY"),
    ]


def test_the_current_form_of_what_is_no_code_is_itself() -> None:
    assert [rules.current(text) for text in ("000.00.00.H41", "H41", "?")] == ["H41", "H41", "?"]


CURSORS = st.dictionaries(
    st.sampled_from(["A01", "B02", "C03"]), st.tuples(*[st.integers(0, 2**63 - 1)] * 4), max_size=3
)


@settings(deadline=None, max_examples=100)
@given(CURSORS)
def test_a_cursor_is_read_as_it_was_written(known: dict[str, tuple[int, ...]]) -> None:
    assert cursor.decode(cursor.encode(known), 4) == known


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.hex()))
def test_any_other_text_is_refused_as_no_cursor(text: str) -> None:
    with suppress(Refusal):  # whatever else it raised would be a fault of the program
        assert cursor.decode(text, 4) == {}
