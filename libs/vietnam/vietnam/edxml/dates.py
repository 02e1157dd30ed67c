"""Dates and times in messages.

Written `yyyy/MM/dd` and `yyyy/MM/dd HH:mm:ss` (QCVN 102:2016). Legacy peers send `dd/MM/yyyy[ HH:mm:ss]`:
both orders are read. Times are those of Vietnam, UTC+7.
"""

import re
from datetime import date, datetime
from typing import Final

from ..errors import ValueFormatError, violation
from ..reasons import Reason
from ..time_zone import VIETNAM_TIME

_YEAR_FIRST: Final = r"(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"
_DAY_FIRST: Final = r"(?P<D>[0-9]{1,2})/(?P<M>[0-9]{1,2})/(?P<Y>[0-9]{4})"
_TIME: Final = r"(?: +(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?"
_PATTERN: Final = re.compile(f"(?:{_YEAR_FIRST}|{_DAY_FIRST}){_TIME}")


def parse_timestamp(text: str) -> datetime:
    """Read a time; without one, midnight. Raises `ValueFormatError` DATE_PATTERN."""
    found = _PATTERN.fullmatch(text)
    if not found:
        raise ValueFormatError(violation("", Reason.DATE_PATTERN))
    part = {name: int(value) for name, value in found.groupdict(default="0").items()}
    try:
        return datetime(
            part["y"] or part["Y"],
            part["m"] or part["M"],
            part["d"] or part["D"],
            part["hour"],
            part["minute"],
            part["second"],
            tzinfo=VIETNAM_TIME,
        )
    except ValueError:
        raise ValueFormatError(violation("", Reason.DATE_PATTERN)) from None


def parse_date(text: str) -> date:
    """Read a date; a time behind it is dropped. Raises `ValueFormatError` DATE_PATTERN."""
    return parse_timestamp(text).date()


def format_date(day: date) -> str:
    """Write a date as `yyyy/MM/dd`."""
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def format_timestamp(moment: datetime) -> str:
    """Write a time as `yyyy/MM/dd HH:mm:ss` of Vietnam; fractions of a second are dropped.

    Raises `ValueFormatError` TIME_WITHOUT_ZONE.
    """
    if moment.tzinfo is None:
        raise ValueFormatError(violation("", Reason.TIME_WITHOUT_ZONE))
    local = moment.astimezone(VIETNAM_TIME)
    return f"{format_date(local.date())} {local:%H:%M:%S}"
