"""Citizen numbers and tax numbers: read, refused, never told on."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam import citizen_number, tax_number
from vietnam.citizen_number import PROVINCES, Gender
from vietnam.errors import CitizenNumberError, TaxNumberError
from vietnam.reasons import Reason


@settings(deadline=None)
@given(st.sampled_from(sorted(PROVINCES)), st.integers(1900, 2199), st.sampled_from(Gender), st.integers(0, 999_999))
def test_a_citizen_number_tells_province_gender_and_year(province: str, year: int, gender: Gender, serial: int) -> None:
    digit = 2 * (year // 100 - 19) + (gender is Gender.FEMALE)
    read = citizen_number.parse(f"{province}{digit}{year % 100:02}{serial:06}")
    assert (read.province, read.birth_year, read.gender) == (province, year, gender)


def test_there_are_the_63_provinces_of_birth_registration() -> None:
    assert len(PROVINCES) == 63


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("00120000001", Reason.CITIZEN_NUMBER_LENGTH),
        ("", Reason.CITIZEN_NUMBER_LENGTH),
        ("00120000001x", Reason.CITIZEN_NUMBER_DIGITS),
        ("٠٠١٢٠٠٠٠٠٠٠١", Reason.CITIZEN_NUMBER_DIGITS),
        ("003200000012", Reason.CITIZEN_NUMBER_PROVINCE),
        ("001600000012", Reason.CITIZEN_NUMBER_CENTURY),
        ("001227000012", Reason.CITIZEN_NUMBER_FUTURE_YEAR),
    ],
)
def test_a_bad_citizen_number_is_refused_without_being_repeated(text: str, reason: Reason) -> None:
    with pytest.raises(CitizenNumberError) as refusal:
        citizen_number.parse(text, today=date(2026, 1, 1))
    assert refusal.value.reason is reason
    assert not text or text not in f"{refusal.value!s}{refusal.value!r}"


def test_a_citizen_number_does_not_print_itself() -> None:
    assert "001" not in repr(citizen_number.parse("001200000012"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("0100233488", "0100233488"), ("0314409058-002", "0314409058-002"), ("01.00.112.437", "0100112437")],
)
def test_a_tax_number_is_read_with_its_branch(text: str, shown: str) -> None:
    assert str(tax_number.parse(text)) == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12345", Reason.TAX_NUMBER_LENGTH),
        ("01002334a8", Reason.TAX_NUMBER_DIGITS),
        ("0100000000", Reason.TAX_NUMBER_COMPONENT),
        ("0100233480", Reason.TAX_NUMBER_CHECK_DIGIT),
    ],
)
def test_a_bad_tax_number_is_refused_without_being_repeated(text: str, reason: Reason) -> None:
    with pytest.raises(TaxNumberError) as refusal:
        tax_number.parse(text)
    assert refusal.value.reason is reason
    assert text not in f"{refusal.value!s}{refusal.value!r}"
    assert refusal.value.__cause__ is None


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_typed_error(text: str) -> None:
    with suppress(CitizenNumberError):
        citizen_number.parse(text)
    with suppress(TaxNumberError):
        tax_number.parse(text)
