"""How single values stand in a message as text: one `Leaf` for each kind of value."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any, Final

from .. import agency_code
from ..agency_code import AgencyCode
from ..enums import ProcessingStatus
from ..errors import ValueFormatError, violation
from ..reasons import Reason
from ..time_zone import VIETNAM_TIME
from . import dates, document_id
from .document_id import DocumentId

_DIGITS: Final = 9
_WHOLE_NUMBER: Final = re.compile(rf"[0-9]{{1,{_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One kind of value.

    `parse` raises `VietnamError`; `placeholder` stands in for a value that could not be read, so that the
    rules can look at the rest of the message; `limit` is the longest text allowed, in characters.
    """

    parse: Callable[[str], Any]
    format: Callable[[Any], str]
    placeholder: Any
    limit: int | None = None
    required: bool = False


def text(limit: int | None = None, *, required: bool = False) -> Leaf:
    """Text of at most `limit` characters; `required` refuses the empty one."""
    return Leaf(str, str, "", limit, required)


def choice(kind: type[IntEnum]) -> Leaf:
    """One of an enumeration, written as its number."""

    def parse(value: str) -> IntEnum:
        number = _parse_number(value)
        try:
            return kind(number)
        except ValueError:
            raise ValueFormatError(violation("", Reason.UNKNOWN_VALUE)) from None

    return Leaf(parse, lambda member: str(int(member)), next(iter(kind)))


def _parse_number(value: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(value):
        raise ValueFormatError(violation("", Reason.NUMBER_PATTERN, limit=_DIGITS))
    return int(value)


def _parse_status(value: str) -> ProcessingStatus:
    try:
        return ProcessingStatus(value)
    except ValueError:
        raise ValueFormatError(violation("", Reason.UNKNOWN_STATUS)) from None


NUMBER: Final = Leaf(_parse_number, str, 0)
DATE: Final = Leaf(dates.parse_date, dates.format_date, date.min)
TIMESTAMP: Final = Leaf(
    dates.parse_timestamp,
    dates.format_timestamp,
    datetime(1, 1, 2, tzinfo=VIETNAM_TIME),
)
AGENCY: Final = Leaf(agency_code.parse, str, AgencyCode(""))
CONTENT_ID: Final = Leaf(lambda value: value.removeprefix("cid:"), str, "", 200, required=True)
DOCUMENT_ID: Final = Leaf(document_id.parse, str, DocumentId(AgencyCode(""), date.min, "", ""))
STATUS: Final = Leaf(_parse_status, str, ProcessingStatus.ARRIVED)
