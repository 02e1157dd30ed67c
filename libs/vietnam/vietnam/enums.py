"""Enumerations of official documents (QCVN 102:2016/BTTTT as amended in 2022) and the life of a document.

Each member has its Vietnamese label in `label_vi` and an English one in `label_en`.
"""

from enum import IntEnum, StrEnum
from typing import Final


class Priority(IntEnum):
    """Urgency (độ khẩn)."""

    NORMAL = 0
    URGENT = 1
    VERY_URGENT = 2
    EXPRESS = 3
    EXPRESS_AT_TIME = 4

    @property
    def label_vi(self) -> str:
        """The term of law."""
        return ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ")[self]

    @property
    def label_en(self) -> str:
        """The English label."""
        return ("Normal", "Urgent", "Very urgent", "Express", "Express at a set time")[self]


class Steering(IntEnum):
    """Whether the document directs work or reports on a direction (loại chỉ đạo)."""

    NONE = 0
    DIRECTS = 1
    REPORTS = 2

    @property
    def label_vi(self) -> str:
        """The term of law."""
        return ("Không phải văn bản chỉ đạo", "Văn bản chỉ đạo", "Văn bản báo cáo chỉ đạo")[self]

    @property
    def label_en(self) -> str:
        """The English label."""
        return ("None", "Directs", "Reports on a direction")[self]


class BusinessType(IntEnum):
    """What the message does (loại nghiệp vụ, `BussinessDocType`)."""

    NEW = 0
    RECALL = 1
    UPDATE = 2
    REPLACE = 3

    @property
    def label_vi(self) -> str:
        """The term of law."""
        return ("Văn bản mới", "Thu hồi văn bản", "Cập nhật văn bản", "Thay thế văn bản")[self]

    @property
    def label_en(self) -> str:
        """The English label."""
        return ("New document", "Recall", "Update", "Replace")[self]


class ReceiverChange(IntEnum):
    """What an update does with a receiver (`ReceiverType`)."""

    REMOVED = 0
    ADDED = 1


class ProcessingStatus(StrEnum):
    """State of a document at the receiver (trạng thái xử lý văn bản)."""

    ARRIVED = "01"
    REFUSED = "02"
    ACCEPTED = "03"
    ASSIGNED = "04"
    IN_PROCESS = "05"
    COMPLETED = "06"
    TAKEN_BACK = "13"
    CHANGE_AGREED = "15"
    CHANGE_REFUSED = "16"

    @property
    def label_vi(self) -> str:
        """The term of law."""
        return STATUS_LABELS[self][0]

    @property
    def label_en(self) -> str:
        """The English label."""
        return STATUS_LABELS[self][1]

    @property
    def needs_reason(self) -> bool:
        """A refusal must state its reason."""
        return self is ProcessingStatus.REFUSED


STATUS_LABELS: Final[dict[ProcessingStatus, tuple[str, str]]] = {
    ProcessingStatus.ARRIVED: ("Đã đến", "Arrived"),
    ProcessingStatus.REFUSED: ("Từ chối tiếp nhận", "Refused"),
    ProcessingStatus.ACCEPTED: ("Đã tiếp nhận", "Accepted"),
    ProcessingStatus.ASSIGNED: ("Phân công xử lý", "Assigned"),
    ProcessingStatus.IN_PROCESS: ("Đang xử lý", "In process"),
    ProcessingStatus.COMPLETED: ("Hoàn thành", "Completed"),
    ProcessingStatus.TAKEN_BACK: ("Lấy lại", "Taken back by the sender"),
    ProcessingStatus.CHANGE_AGREED: ("Đồng ý cập nhật, lấy lại", "Update or taking back agreed"),
    ProcessingStatus.CHANGE_REFUSED: ("Từ chối cập nhật, lấy lại", "Update or taking back refused"),
}

_NEXT: Final[dict[ProcessingStatus, frozenset[ProcessingStatus]]] = {
    ProcessingStatus.ARRIVED: frozenset({ProcessingStatus.REFUSED, ProcessingStatus.ACCEPTED}),
    ProcessingStatus.ACCEPTED: frozenset(
        {ProcessingStatus.ASSIGNED, ProcessingStatus.IN_PROCESS, ProcessingStatus.COMPLETED}
    ),
    ProcessingStatus.ASSIGNED: frozenset({ProcessingStatus.IN_PROCESS, ProcessingStatus.COMPLETED}),
    ProcessingStatus.IN_PROCESS: frozenset({ProcessingStatus.COMPLETED}),
    ProcessingStatus.TAKEN_BACK: frozenset({ProcessingStatus.CHANGE_AGREED, ProcessingStatus.CHANGE_REFUSED}),
}


def allowed_next(status: ProcessingStatus) -> frozenset[ProcessingStatus]:
    """Return the states that may follow; empty at an end."""
    return _NEXT.get(status, frozenset())
