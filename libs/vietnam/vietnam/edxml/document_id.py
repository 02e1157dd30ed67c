"""Document ids (mã định danh văn bản): `OrganId,yyyy/MM/dd,number/notation` (QCVN 102:2016, amended 2022)."""

from dataclasses import dataclass
from datetime import date

from .. import agency_code
from ..agency_code import AgencyCode
from ..errors import DocumentIdError, VietnamError, violation
from ..reasons import Reason
from .dates import format_date, parse_date


@dataclass(frozen=True, slots=True)
class DocumentId:
    """Which document: the issuing agency, its date of promulgation, its number (số) and notation (ký hiệu).

    Ids that spell the agency code in the old and the current form are equal.
    """

    organ_id: AgencyCode
    promulgated: date
    number: str
    notation: str

    def __str__(self) -> str:
        return f"{self.organ_id},{format_date(self.promulgated)},{self.number}/{self.notation}"


def parse(text: str) -> DocumentId:
    """Read a document id. Raises `DocumentIdError` DOCUMENT_ID_PATTERN."""
    parts = [part.strip() for part in text.split(",", 2)]
    if len(parts) != 3:
        raise _bad()
    number, slash, notation = parts[2].partition("/")
    if not (number and slash and notation):
        raise _bad()
    try:
        return DocumentId(agency_code.parse(parts[0]), parse_date(parts[1]), number, notation)
    except VietnamError:
        raise _bad() from None


def _bad() -> DocumentIdError:
    return DocumentIdError(violation("", Reason.DOCUMENT_ID_PATTERN))
