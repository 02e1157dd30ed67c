r"""Agency codes (mã định danh cơ quan, tổ chức).

Old form, QCVN 102:2016/BTTTT: `V1V2V3.Z1Z2.Y1Y2.MX1X2`, read right to left: `000.00.18.G12`.
Current form, QĐ 20/2020/QĐ-TTg as amended by QĐ 09/2025/QĐ-TTg: from the top down, at most 35 of `.0-9A-Z`,
four levels: `G12.18`. Both are read; the current form is kept, so the two spellings are equal. The few texts that
fit both patterns, such as `B00.11.11.A00`, are read in the current form.
"""

import re
from dataclasses import dataclass
from typing import Final

from .errors import AgencyCodeError, violation
from .reasons import Reason

MAX_LENGTH: Final = 35
OLD_PATTERN: Final = re.compile(r"[0-9A-Z]{3}(?:\.[0-9A-Z]{2}){2}\.[A-Z][0-9]{2}")
CURRENT_PATTERN: Final = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9A-Z]{2,}){0,3}")
_CHARACTERS: Final = re.compile(r"[.0-9A-Z]+")


@dataclass(frozen=True, slots=True, order=True)
class AgencyCode:
    """A code in its current form, such as `G12.18`. Make one with `parse`."""

    current: str

    def __str__(self) -> str:
        return self.current

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups from the top down: `("G12", "18")`."""
        return tuple(self.current.split("."))

    @property
    def level(self) -> int:
        """1 for a ministry or province, up to 4."""
        return self.current.count(".") + 1

    def parent(self) -> "AgencyCode | None":
        """Return the agency above, None at the top."""
        above, dot, _ = self.current.rpartition(".")
        return AgencyCode(above) if dot else None

    def old_form(self) -> str | None:
        """Return the QCVN 102:2016 spelling, None where the code does not fit into it."""
        top, *below = self.groups
        unit = below.pop() if below and len(below[-1]) == 3 else "000"
        below += ["00"] * (2 - len(below))
        old = ".".join([unit, *reversed(below), top])
        return old if _current_form(old) == self.current else None


def parse(text: str) -> AgencyCode:
    """Read a code in either form.

    Raises `AgencyCodeError` with AGENCY_CODE_EMPTY, _TOO_LONG, _CHARACTER or _PATTERN.
    """
    if not text:
        raise AgencyCodeError(violation("", Reason.AGENCY_CODE_EMPTY))
    if len(text) > MAX_LENGTH:
        raise AgencyCodeError(violation("", Reason.AGENCY_CODE_TOO_LONG, limit=MAX_LENGTH))
    if not _CHARACTERS.fullmatch(text):
        raise AgencyCodeError(violation("", Reason.AGENCY_CODE_CHARACTER))
    current = _current_form(text)
    if current is None:
        raise AgencyCodeError(violation("", Reason.AGENCY_CODE_PATTERN))
    return AgencyCode(current)


def _current_form(text: str) -> str | None:
    """Return the current form; from the old one, drop the all-zero groups and reverse (QĐ 20/2020)."""
    if CURRENT_PATTERN.fullmatch(text):
        return text
    if OLD_PATTERN.fullmatch(text):
        return ".".join(group for group in reversed(text.split(".")) if group.strip("0"))
    return None
