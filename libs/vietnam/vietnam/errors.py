"""What this library raises.

    VietnamError (ValueError)
    ├── AgencyCodeError          mã định danh cơ quan
    ├── CitizenNumberError       số định danh cá nhân; never holds the number
    ├── TaxNumberError           mã số thuế; never holds the number
    ├── CalendarError            lịch làm việc
    ├── ValueFormatError         one value of a message: date, number, enumeration
    │   └── DocumentIdError      mã định danh văn bản
    └── EdxmlError               thông điệp edXML
        ├── MalformedMessageError    not XML, hostile XML, wrong namespace, bad base64
        ├── LimitExceededError       larger or deeper than allowed
        ├── InvalidMessageError      well-formed but against the rules: all violations at once
        └── ArchiveError             a zipped attachment that cannot be unpacked

Every error carries at least one `Violation`. No text holds content of a message or data of a person.
"""

from dataclasses import dataclass, replace

from .reasons import TEXTS, Reason


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    `field` is a path such as `MessageHeader.To[1].OrganId` (counting from 0), empty where there is none.
    The messages say, in English and Vietnamese, what is wrong and what to do.
    """

    field: str
    reason: Reason
    message_en: str
    message_vi: str

    def at(self, field: str) -> "Violation":
        """Return the same violation at another field."""
        return replace(self, field=field)


def violation(field: str, reason: Reason, **values: int | str) -> Violation:
    """Build a violation; `values` are limits and field names, never content."""
    english, vietnamese = TEXTS[reason]
    return Violation(field, reason, english.format(**values), vietnamese.format(**values))


class VietnamError(ValueError):
    """The root of the tree; speaks with the voice of its first violation."""

    def __init__(self, *violations: Violation) -> None:
        self.violations = violations
        first = violations[0]
        self.field = first.field
        self.reason = first.reason
        self.message_en = first.message_en
        self.message_vi = first.message_vi
        super().__init__(*violations)

    def __str__(self) -> str:
        return "; ".join(f"{v.field}: {v.reason}" if v.field else str(v.reason) for v in self.violations)


class AgencyCodeError(VietnamError):
    """Not an agency code (mã định danh cơ quan)."""


class CitizenNumberError(VietnamError):
    """Not a citizen number (số định danh cá nhân)."""


class TaxNumberError(VietnamError):
    """Not a tax number (mã số thuế)."""


class CalendarError(VietnamError):
    """The working calendar cannot answer (lịch làm việc)."""


class ValueFormatError(VietnamError):
    """One value of a message cannot be read."""


class DocumentIdError(ValueFormatError):
    """Not a document id (mã định danh văn bản)."""


class EdxmlError(VietnamError):
    """An edXML message was refused."""


class MalformedMessageError(EdxmlError):
    """Not XML, hostile XML, a wrong namespace or bad base64. Reading stopped there."""


class LimitExceededError(EdxmlError):
    """Larger or deeper than the limits. Reading stopped there."""


class InvalidMessageError(EdxmlError):
    """Well-formed, but against the rules; `violations` holds all that was found."""


class ArchiveError(EdxmlError):
    """A zipped attachment cannot be unpacked."""
