"""Messages of the document axis: a document (văn bản) or a status (trạng thái xử lý).

The shape, names and lengths are those of QCVN 102:2016/BTTTT as amended in 2022. Empty text and absent
elements mean the same. Agency codes are kept in their current form whatever form was read.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, TypeAlias

from ..agency_code import AgencyCode
from ..enums import BusinessType, Priority, ProcessingStatus, ReceiverChange, Steering
from .binding import Element
from .document_id import DocumentId
from .leaf import AGENCY, CONTENT_ID, DATE, DOCUMENT_ID, NUMBER, STATUS, TIMESTAMP, choice, text


@dataclass(frozen=True, slots=True)
class Organization:
    """An agency as sender or recipient (cơ quan, tổ chức)."""

    organ_id: Annotated[AgencyCode, Element("OrganId", AGENCY)]
    in_charge: Annotated[str, Element("OrganizationInCharge", text(200))] = ""
    name: Annotated[str, Element("OrganName", text(200))] = ""
    address: Annotated[str, Element("OrganAdd", text(250))] = ""
    email: Annotated[str, Element("Email", text(100))] = ""
    telephone: Annotated[str, Element("Telephone", text(20))] = ""
    fax: Annotated[str, Element("Fax", text(20))] = ""
    website: Annotated[str, Element("Website", text(100))] = ""


@dataclass(frozen=True, slots=True)
class DocumentCode:
    """Number (số) and notation (ký hiệu) of a document: 7816 and VPCP-TTĐT."""

    number: Annotated[str, Element("CodeNumber", text(11, required=True))]
    notation: Annotated[str, Element("CodeNotation", text(30, required=True))]


@dataclass(frozen=True, slots=True)
class Promulgation:
    """Where and when a document was issued (địa danh, ngày ban hành)."""

    place: Annotated[str, Element("Place", text(50))]
    promulgated: Annotated[date, Element("PromulgationDate", DATE)]


@dataclass(frozen=True, slots=True)
class DocumentType:
    """Type of a document (loại văn bản): see `vietnam.document_types`."""

    number: Annotated[int | None, Element("Type", NUMBER)] = None
    name: Annotated[str, Element("TypeName", text(100))] = ""


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """Who signed (thông tin người ký): authority (quyền hạn), position (chức vụ), full name (họ tên)."""

    competence: Annotated[str, Element("Competence", text(100))] = ""
    position: Annotated[str, Element("Position", text(100))] = ""
    full_name: Annotated[str, Element("FullName", text(50))] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OtherInfo:
    """Further particulars: urgency (độ khẩn), sphere (phạm vi), typist (ký hiệu người soạn thảo), amounts."""

    priority: Annotated[Priority, Element("Priority", choice(Priority))] = Priority.NORMAL
    sphere: Annotated[str, Element("SphereOfPromulgation", text(100))] = ""
    typer_notation: Annotated[str, Element("TyperNotation", text(10))] = ""
    promulgation_amount: Annotated[int | None, Element("PromulgationAmount", NUMBER)] = None
    page_amount: Annotated[int | None, Element("PageAmount", NUMBER)] = None
    appendixes: Annotated[tuple[str, ...], Element("Appendix", text(250), inside="Appendixes")] = ()


@dataclass(frozen=True, slots=True)
class ResponseFor:
    """The document that is answered or reported on (văn bản được phúc đáp)."""

    organ_id: Annotated[AgencyCode, Element("OrganId", AGENCY)]
    code: Annotated[str, Element("Code", text(42))] = ""
    promulgated: Annotated[date | None, Element("PromulgationDate", DATE)] = None
    document_id: Annotated[DocumentId | None, Element("DocumentId", DOCUMENT_ID)] = None


@dataclass(frozen=True, slots=True)
class StaffInfo:
    """Who handles the document (cán bộ xử lý); `repr` hides it, for it is personal data."""

    department: Annotated[str, Element("Department", text(200))] = field(default="", repr=False)
    staff: Annotated[str, Element("Staff", text(50))] = field(default="", repr=False)
    mobile: Annotated[str, Element("Mobile", text(20))] = field(default="", repr=False)
    email: Annotated[str, Element("Email", text(100))] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver that an update removes or adds."""

    change: Annotated[ReceiverChange, Element("ReceiverType", choice(ReceiverChange))]
    organ_id: Annotated[AgencyCode, Element("OrganId", AGENCY)]


@dataclass(frozen=True, slots=True)
class DocumentUpdate:
    """What an update changes (`BussinessDocumentInfo`)."""

    document_info: Annotated[str, Element("DocumentInfo", text(500))] = ""
    document_receiver: Annotated[str, Element("DocumentReceiver", text(500))] = ""
    receivers: Annotated[tuple[Receiver, ...], Element("Receiver", inside="ReceiverList")] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """A document that is replaced, and for whom."""

    document_id: Annotated[DocumentId, Element("DocumentId", DOCUMENT_ID)]
    organ_ids: Annotated[tuple[AgencyCode, ...], Element("OrganId", AGENCY, inside="OrganIdList")] = ()


@dataclass(frozen=True, slots=True)
class Business:
    """What the message does (nghiệp vụ): new, recall (thu hồi), update (cập nhật), replace (thay thế).

    An update names `document_id` and `update`; a replacement names `replacements`.
    """

    kind: Annotated[BusinessType, Element("BussinessDocType", choice(BusinessType))] = BusinessType.NEW
    reason: Annotated[str, Element("BussinessDocReason", text(500))] = ""
    document_id: Annotated[DocumentId | None, Element("DocumentId", DOCUMENT_ID)] = None
    update: Annotated[DocumentUpdate | None, Element("BussinessDocumentInfo")] = None
    replacements: Annotated[tuple[Replacement, ...], Element("ReplacementInfo", inside="ReplacementInfoList")] = ()
    staff: Annotated[StaffInfo, Element("StaffInfo")] = StaffInfo()
    paper: Annotated[int, Element("Paper", NUMBER)] = 0


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """A stop on the way of the message."""

    organ_id: Annotated[AgencyCode, Element("OrganId", AGENCY)]
    timestamp: Annotated[datetime, Element("Timestamp", TIMESTAMP)]


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment without its content (tệp đính kèm).

    `sha256` and `size` (bytes) are of the decoded content. `name` is the sender's word, never a safe path.
    """

    content_type: Annotated[str, Element("ContentType", text(100))]
    content_id: Annotated[str, Element("ContentId", CONTENT_ID)]
    description: Annotated[str, Element("Description", text(500))]
    name: Annotated[str, Element("AttachmentName", text(200))]
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class DocumentMessage:
    """An official document on its way (văn bản điện tử).

    `has_signature` tells that a signature stands in the message, not that it is valid: see `signature`.
    """

    sender: Annotated[Organization, Element("From")]
    recipients: Annotated[tuple[Organization, ...], Element("To")]
    code: Annotated[DocumentCode, Element("Code")]
    promulgation: Annotated[Promulgation, Element("PromulgationInfo")]
    document_type: Annotated[DocumentType, Element("DocumentType")]
    subject: Annotated[str, Element("Subject", text(500, required=True))]
    content: Annotated[str, Element("Content", text(500))] = ""
    signer: Annotated[SignerInfo, Element("SignerInfo")] = SignerInfo()
    due_date: Annotated[date | None, Element("DueDate", DATE)] = None
    to_places: Annotated[tuple[str, ...], Element("Place", text(150), inside="ToPlaces")] = ()
    other_info: Annotated[OtherInfo, Element("OtherInfo")] = OtherInfo()
    response_for: Annotated[tuple[ResponseFor, ...], Element("ResponseFor")] = ()
    steering: Annotated[Steering, Element("SteeringType", choice(Steering))] = Steering.NONE
    document_id: Annotated[DocumentId | None, Element("DocumentId", DOCUMENT_ID)] = None
    trace_id: str = ""
    trace: tuple[TraceHeader, ...] = ()
    business: Business = Business()
    attachments: tuple[Attachment, ...] = ()
    has_signature: bool = field(default=False, compare=False)

    def identity(self) -> DocumentId:
        """Return the id that sender, date and code make."""
        return DocumentId(self.sender.organ_id, self.promulgation.promulgated, self.code.number, self.code.notation)


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """The processing status of a document, told to its sender (trạng thái xử lý văn bản)."""

    response_for: Annotated[ResponseFor, Element("ResponseFor")]
    sender: Annotated[Organization, Element("From")]
    status: Annotated[ProcessingStatus, Element("StatusCode", STATUS)]
    description: Annotated[str, Element("Description", text(500))]
    timestamp: Annotated[datetime, Element("Timestamp", TIMESTAMP)]
    staff: Annotated[StaffInfo, Element("StaffInfo")] = StaffInfo()
    has_signature: bool = field(default=False, compare=False)


Message: TypeAlias = DocumentMessage | StatusMessage
