"""Tax numbers of enterprises (mã số thuế): 10 digits, 13 for a branch. The rule is `stdnum.vn.mst`.

Errors never hold the number: a sole trader's is personal data.
"""

from dataclasses import dataclass
from typing import Final

from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)
from stdnum.vn import mst

from .errors import TaxNumberError, violation
from .reasons import Reason

_REASONS: Final[dict[type[ValidationError], Reason]] = {
    InvalidLength: Reason.TAX_NUMBER_LENGTH,
    InvalidFormat: Reason.TAX_NUMBER_DIGITS,
    InvalidComponent: Reason.TAX_NUMBER_COMPONENT,
    InvalidChecksum: Reason.TAX_NUMBER_CHECK_DIGIT,
}


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """A tax number without separators: `enterprise` has 10 digits, `branch` 3 or none."""

    enterprise: str
    branch: str

    def __str__(self) -> str:
        return f"{self.enterprise}-{self.branch}" if self.branch else self.enterprise


def parse(text: str) -> TaxNumber:
    """Read a tax number; spaces, dots and dashes are ignored.

    Raises `TaxNumberError` with TAX_NUMBER_LENGTH, _DIGITS, _COMPONENT or _CHECK_DIGIT.
    """
    try:
        digits = mst.validate(text)
    except ValidationError as error:
        # `from None`: the cause must not carry the number into a log
        raise TaxNumberError(violation("", _REASONS[type(error)])) from None
    return TaxNumber(digits[:10], digits[10:])
