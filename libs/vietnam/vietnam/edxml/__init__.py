"""Official documents between agencies: edXML (QCVN 102:2016/BTTTT as amended in 2022)."""

from .attachments import AttachmentSink, DiscardSink, MemorySink, Writable
from .document_id import DocumentId
from .limits import DEFAULT_LIMITS, Limits
from .message import (
    Attachment,
    Business,
    DocumentCode,
    DocumentMessage,
    DocumentType,
    DocumentUpdate,
    Message,
    Organization,
    OtherInfo,
    Promulgation,
    Receiver,
    Replacement,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    StatusMessage,
    TraceHeader,
)
from .reader import Reader, read
from .rules import validate
from .writer import write

__all__ = [
    "DEFAULT_LIMITS",
    "Attachment",
    "AttachmentSink",
    "Business",
    "DiscardSink",
    "DocumentCode",
    "DocumentId",
    "DocumentMessage",
    "DocumentType",
    "DocumentUpdate",
    "Limits",
    "MemorySink",
    "Message",
    "Organization",
    "OtherInfo",
    "Promulgation",
    "Reader",
    "Receiver",
    "Replacement",
    "ResponseFor",
    "SignerInfo",
    "StaffInfo",
    "StatusMessage",
    "TraceHeader",
    "Writable",
    "read",
    "validate",
    "write",
]
