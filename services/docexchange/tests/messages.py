"""edXML messages as other systems make them."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code
from vietnam.edxml import (
    Attachment,
    Business,
    DocumentCode,
    DocumentId,
    DocumentMessage,
    DocumentType,
    DocumentUpdate,
    Message,
    Organization,
    Promulgation,
    Receiver,
    Replacement,
    ResponseFor,
    StatusMessage,
    write,
)
from vietnam.edxml import document_id as ids
from vietnam.edxml.signature import sign
from vietnam.enums import BusinessType, ProcessingStatus, ReceiverChange
from vietnam.time_zone import VIETNAM_TIME

from .agency import Agency

DAY = date(2026, 2, 27)
_numbers = itertools.count(5000)


def organization(agency: Agency | str) -> Organization:
    """Return an agency as edXML names it."""
    code = agency if isinstance(agency, str) else agency.code
    return Organization(agency_code.parse(code), name=f"Cơ quan {code}")


def attachment(data: bytes, name: str = "cong-van.txt", content_id: str = "a-1") -> Attachment:
    """Return what a message says of a file."""
    return Attachment("text/plain", content_id, "Công văn", name, hashlib.sha256(data).digest(), len(data))


def message(sender: Agency | str, *recipients: Agency | str, files: tuple[bytes, ...] = (), **changes: Any) -> bytes:
    """Write a new document."""
    made = DocumentMessage(
        sender=organization(sender),
        recipients=tuple(map(organization, recipients)),
        code=DocumentCode(str(next(_numbers)), "UBND-VX"),
        promulgation=Promulgation("Nghệ An", DAY),
        document_type=DocumentType(18, "Công văn"),
        subject="V/v kết nối, liên thông",
        attachments=tuple(attachment(data, content_id=f"a-{index}") for index, data in enumerate(files)),
    )
    return written(replace(made, **changes), *files)


def written(made: Message, *files: bytes) -> bytes:
    """Write a message with its files."""
    said = made.attachments if isinstance(made, DocumentMessage) else ()
    return b"".join(write(made, [(one, [data]) for one, data in zip(said, files, strict=True)]))


def same(document: d.Document) -> dict[str, Any]:
    """Return what makes another message be about the same document."""
    known = ids.parse(document.code)
    return {"code": DocumentCode(known.number, known.notation), "document_id": known}


def status(receiver: Agency | str, document: d.Document | str, code: ProcessingStatus, description: str = "") -> bytes:
    """Write a status message."""
    known = ids.parse(document if isinstance(document, str) else document.code)
    about = ResponseFor(known.organ_id, f"{known.number}/{known.notation}", known.promulgated, known)
    moment = datetime(2026, 3, 1, 8, 30, tzinfo=VIETNAM_TIME)
    return written(StatusMessage(about, organization(receiver), code, description, moment))


def recall(reason: str = "gửi nhầm", document: DocumentId | None = None) -> Business:
    """Ask for a document back: business type 1."""
    return Business(BusinessType.RECALL, reason, document)


def update(document: DocumentId, added: tuple[Agency, ...] = (), removed: tuple[Agency, ...] = ()) -> Business:
    """Correct a document: business type 2."""
    changes = ((ReceiverChange.ADDED, added), (ReceiverChange.REMOVED, removed))
    receivers = tuple(
        Receiver(change, agency_code.parse(agency.code)) for change, agencies in changes for agency in agencies
    )
    return Business(BusinessType.UPDATE, "sửa trích yếu", document, DocumentUpdate("sửa", "", receivers))


def replacing(document: DocumentId, *agencies: Agency) -> Business:
    """Replace a document: business type 3."""
    codes = tuple(agency_code.parse(each.code) for each in agencies)
    return Business(BusinessType.REPLACE, "thay thế", replacements=(Replacement(document, codes),))


@cache
def _key(owner: str) -> rsa.RSAPrivateKey:
    del owner
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate(owner: str, issuer: str, now: datetime) -> x509.Certificate:
    """Make a certificate that is valid for a year around a time."""
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (owner, issuer)]
    authority = owner == issuer
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(_key(owner).public_key())
        .serial_number(7 if authority else 8)
        .not_valid_before(now.astimezone(UTC) - timedelta(days=180))
        .not_valid_after(now.astimezone(UTC) + timedelta(days=180))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(_key(issuer), SHA256())
    )


def signed(data: bytes, issuer: str, now: datetime) -> bytes:
    """Sign a message with a certificate of that issuer."""
    return sign(data, key=_key("Người ký"), certificate=certificate("Người ký", issuer, now))
