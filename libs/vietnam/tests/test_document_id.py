"""Document ids are read and written, in both forms of the agency code."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.edxml import DocumentId
from vietnam.edxml.document_id import parse
from vietnam.errors import DocumentIdError
from vietnam.reasons import Reason

from .messages import IDS


@settings(deadline=None)
@given(IDS)
def test_a_written_id_is_read_as_the_same(document_id: DocumentId) -> None:
    assert parse(str(document_id)) == document_id


def test_both_forms_of_the_agency_code_make_the_same_id() -> None:
    old = parse("000.00.00.G22,2018/09/20,7816/VPCP-TTĐT")
    assert old == parse("G22,20/09/2018,7816/VPCP-TTĐT")
    assert str(old) == "G22,2018/09/20,7816/VPCP-TTĐT"


@pytest.mark.parametrize("text", ["", "G22", "G22,2018/09/20", "G22,2018/09/20,7816", "G22,2018/13/20,1/A", ",,/"])
def test_what_is_not_an_id_is_refused(text: str) -> None:
    with pytest.raises(DocumentIdError) as refusal:
        parse(text)
    assert refusal.value.reason is Reason.DOCUMENT_ID_PATTERN


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_id_or_a_typed_error(text: str) -> None:
    with suppress(DocumentIdError):
        parse(text)
