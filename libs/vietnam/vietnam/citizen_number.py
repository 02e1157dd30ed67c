"""Citizen numbers (số định danh cá nhân, Law on Identification 26/2023/QH15).

Twelve digits: 3 for the province of birth registration (the 63 before 1/7/2025, kept for life), 1 for century
and gender = 2 * (century - 19) + (1 if female), 2 for the year of birth, 6 at random. There is no check
digit. Errors never hold the number.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from .errors import CitizenNumberError, violation
from .reasons import Reason

LENGTH: Final = 12
LAST_CENTURY_DIGIT: Final = 5
PROVINCES: Final = frozenset(
    {
        *("001", "002", "004", "006", "008", "010", "011", "012", "014", "015", "017", "019", "020"),
        *("022", "024", "025", "026", "027", "030", "031", "033", "034", "035", "036", "037", "038"),
        *("040", "042", "044", "045", "046", "048", "049", "051", "052", "054", "056", "058", "060"),
        *("062", "064", "066", "067", "068", "070", "072", "074", "075", "077", "079", "080", "082"),
        *("083", "084", "086", "087", "089", "091", "092", "093", "094", "095", "096"),
    }
)


class Gender(StrEnum):
    """Gender as the number tells it (giới tính)."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """What the number says about its holder; `repr` hides all of it, for it is personal data."""

    number: str = field(repr=False)
    province: str = field(repr=False)
    gender: Gender = field(repr=False)
    birth_year: int = field(repr=False)


def parse(text: str, *, today: date | None = None) -> CitizenNumber:
    """Read a citizen number; with `today`, refuse a year of birth after it.

    Raises `CitizenNumberError` with CITIZEN_NUMBER_LENGTH, _DIGITS, _PROVINCE, _CENTURY or _FUTURE_YEAR.
    """
    if len(text) != LENGTH:
        raise CitizenNumberError(violation("", Reason.CITIZEN_NUMBER_LENGTH, limit=LENGTH))
    if not (text.isascii() and text.isdigit()):
        raise CitizenNumberError(violation("", Reason.CITIZEN_NUMBER_DIGITS))
    if text[:3] not in PROVINCES:
        raise CitizenNumberError(violation("", Reason.CITIZEN_NUMBER_PROVINCE))
    digit = int(text[3])
    if digit > LAST_CENTURY_DIGIT:
        raise CitizenNumberError(violation("", Reason.CITIZEN_NUMBER_CENTURY))
    birth_year = (19 + digit // 2) * 100 + int(text[4:6])
    if today is not None and birth_year > today.year:
        raise CitizenNumberError(violation("", Reason.CITIZEN_NUMBER_FUTURE_YEAR))
    return CitizenNumber(text, text[:3], Gender.FEMALE if digit % 2 else Gender.MALE, birth_year)
