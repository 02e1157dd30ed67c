"""Agency codes in both forms are one code."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.agency_code import AgencyCode, parse
from vietnam.errors import AgencyCodeError
from vietnam.reasons import Reason

from .messages import CODES

OLD = st.from_regex(r"\A[0-9]{3}\.[1-9A-Z]{2}\.[1-9A-Z]{2}\.[A-Z][0-9]{2}\Z")


@pytest.mark.parametrize(
    ("old", "current"),
    [
        ("000.00.00.G12", "G12"),
        ("000.00.18.G12", "G12.18"),
        ("000.00.00.H49", "H49"),
        ("000.02.02.H37", "H37.02.02"),
        ("001.02.02.H37", "H37.02.02.001"),
        ("001.00.00.H37", "H37.001"),
    ],
)
def test_the_old_form_is_read_and_can_be_written_again(old: str, current: str) -> None:
    assert parse(old) == parse(current) == AgencyCode(current)
    assert parse(current).old_form() == old


@settings(deadline=None)
@given(OLD)
def test_old_and_current_form_name_the_same_agency(old: str) -> None:
    code = parse(old)
    assert parse(str(code)) == code
    assert code.old_form() == old


def test_a_text_that_fits_both_forms_is_read_in_the_current_one() -> None:
    assert parse("B00.11.11.A00") == AgencyCode("B00.11.11.A00")
    assert parse("B00.11.11.A00").old_form() is None


@settings(deadline=None)
@given(CODES)
def test_a_current_code_stays_as_it_is_and_its_old_form_leads_back(code: AgencyCode) -> None:
    assert parse(str(code)) == code
    old = code.old_form()
    assert old is None or parse(old) == code


@pytest.mark.parametrize("current", ["G12.18.01.02", "G12.1234", "G12.18.001.02", "G12.00"])
def test_a_code_that_does_not_fit_has_no_old_form(current: str) -> None:
    assert parse(current).old_form() is None


def test_a_code_knows_its_level_and_its_parent() -> None:
    code = parse("H37.02.02")
    assert (code.level, code.groups) == (3, ("H37", "02", "02"))
    parent = code.parent()
    assert parent == AgencyCode("H37.02")
    assert AgencyCode("H37").parent() is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.AGENCY_CODE_EMPTY),
        ("G12." + "1" * 32, Reason.AGENCY_CODE_TOO_LONG),
        ("g12", Reason.AGENCY_CODE_CHARACTER),
        ("G12.18\n", Reason.AGENCY_CODE_CHARACTER),
        ("G１２", Reason.AGENCY_CODE_CHARACTER),  # noqa: RUF001 - full-width digits are no digits here
        ("Đ12", Reason.AGENCY_CODE_CHARACTER),
        ("12G", Reason.AGENCY_CODE_PATTERN),
        ("G12.1", Reason.AGENCY_CODE_PATTERN),
        ("G12..18", Reason.AGENCY_CODE_PATTERN),
        ("G12.11.11.11.11", Reason.AGENCY_CODE_PATTERN),
        ("0000.00.18.G12", Reason.AGENCY_CODE_PATTERN),
    ],
)
def test_what_is_not_a_code_is_refused_for_a_precise_reason(text: str, reason: Reason) -> None:
    with pytest.raises(AgencyCodeError) as refusal:
        parse(text)
    assert refusal.value.reason is reason


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_code_or_a_typed_error(text: str) -> None:
    with suppress(AgencyCodeError):
        assert parse(text).level <= 4
