"""What is to happen on the day: pure data, and what follows from it. `drawing` draws it from a seed.

The plan says of each document who sends it, what it says, and of each copy how far its receiver walks it and what it
answers to a change. So what every mailbox must hold at the end is known before the first call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from functools import cached_property
from typing import Final, TypeAlias

from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code
from vietnam.edxml import DocumentId
from vietnam.enums import Priority, Steering

UPDATED: Final = " (bản cập nhật)"  # what an update adds to the subject

Status: TypeAlias = "d.Status.ValueType"
"""A status of the contract."""


class Change(Enum):
    """What the sender wants of a document once its receivers have dealt with it."""

    NONE = auto()
    RECALL = auto()
    UPDATE = auto()
    REPLACE = auto()


@dataclass(frozen=True)
class File:
    """An attachment: its bytes follow from `seed` and `size`; `zipped`: it travels as a ZIP of that one file."""

    seed: int
    size: int
    name: str
    zipped: bool = False


@dataclass(frozen=True)
class Copy:
    """One receiver's copy: the statuses it reports, in order; what it answers; whether it reads the attachments."""

    recipient: str
    walk: tuple[Status, ...]
    agrees: bool
    reads: bool

    @property
    def refused(self) -> bool:
        """Whether the receiver refuses it (02): it is then asked nothing any more."""
        return self.walk[-1] == d.STATUS_REFUSED


@dataclass(frozen=True)
class Legacy:
    """Habits of an old system that writes a message: what readers must put up with."""

    dates: bool = False  # dd/MM/yyyy
    codes: bool = False  # 000.00.00.H26
    spelling: bool = False  # Business for Bussiness


@dataclass(frozen=True)
class Planned:
    """A document to be sent."""

    sender: str
    number: str
    notation: str
    promulgated: date
    kind: int
    subject: str
    priority: Priority
    steering: Steering
    due: date | None
    copies: tuple[Copy, ...]
    files: tuple[File, ...]
    legacy: Legacy = Legacy()
    signed: bool = False
    answers: DocumentId | None = None
    replaces: DocumentId | None = None
    change: Change = Change.NONE

    @cached_property
    def identity(self) -> DocumentId:
        """The document's code in its parts."""
        return DocumentId(agency_code.parse(self.sender), self.promulgated, self.number, self.notation)

    @cached_property
    def code(self) -> str:
        """The document's code."""
        return str(self.identity)

    def asked(self, copy: Copy) -> bool:
        """Tell whether a receiver is asked to agree to a change."""
        return self.change is not Change.NONE and not copy.refused

    def final(self, copy: Copy) -> Status:
        """Return where a copy stands in the end."""
        if self.asked(copy) and copy.agrees and self.change is Change.RECALL:
            return d.STATUS_TAKEN_BACK
        if self.asked(copy) and copy.agrees and self.change is Change.REPLACE:
            return d.STATUS_REPLACED
        return copy.walk[-1]

    def revision(self, copy: Copy) -> int:
        """Return the last revision that a receiver was sent."""
        return 2 if self.change is Change.UPDATE and self.asked(copy) else 1

    def subject_for(self, copy: Copy) -> str:
        """Return the subject as a receiver's inbox shows it in the end."""
        return self.subject + UPDATED if self.revision(copy) > 1 else self.subject


@dataclass(frozen=True)
class Plan:
    """The whole day. `replacements` are sent when the documents with the codes that are their keys are through."""

    morning: tuple[Planned, ...]
    afternoon: tuple[Planned, ...]
    replacements: Mapping[str, Planned]

    def __iter__(self) -> Iterator[Planned]:
        yield from self.morning
        yield from self.afternoon
        yield from self.replacements.values()

    def __len__(self) -> int:
        return len(self.morning) + len(self.afternoon) + len(self.replacements)
