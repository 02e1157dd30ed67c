"""Writes planned documents as edXML messages (QCVN 102:2016/BTTTT), with the habits of old systems where planned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from vietnam import agency_code, document_types, edxml
from vietnam.edxml import signature
from vietnam.enums import BusinessType

from tour import contents
from tour.contents import Measured
from tour.plan import File, Legacy, Planned

_DATE: Final = re.compile(rb"(Date>)(\d{4})/(\d{2})/(\d{2})(<)")
_CODE: Final = re.compile(rb"(OrganId>)([^<]+)(<)")
_REASON: Final = "Thay thế văn bản đã gửi do có sai sót"


@dataclass(frozen=True)
class Envelope:
    """A message in a file, and its attachments as the platform is to keep them: unzipped."""

    file: Path
    attachments: tuple[Measured, ...]


@dataclass(frozen=True)
class Messages:
    """Writes messages into a folder; `names` has the agencies' names by code."""

    folder: Path
    names: Mapping[str, str]
    seal: Seal = field(default_factory=lambda: Seal())  # noqa: PLW0108 - it is defined below

    def write(self, document: Planned) -> Envelope:
        """Write a document's message to a file of its own; the caller removes it."""
        file = self.folder / f"{document.number}.edxml"
        pieces = self.pieces(document)
        with file.open("wb") as out:
            if document.signed:
                out.write(self.seal.sign(b"".join(pieces)))
            else:
                out.writelines(pieces)
        return Envelope(file, tuple(contents.measure(contents.chunks(each)) for each in document.files))

    def pieces(self, document: Planned) -> Iterator[bytes]:
        """Yield a document's message; the header comes first, in one piece."""
        attachments = tuple(_attachment(index, each) for index, each in enumerate(document.files))
        message = self._message(document, attachments)
        given = zip(attachments, map(contents.on_the_way, document.files), strict=True)
        written = edxml.write(message, given)
        yield _aged(next(written), document.legacy)
        yield from written

    def _message(self, document: Planned, attachments: tuple[edxml.Attachment, ...]) -> edxml.DocumentMessage:
        kind = document_types.find(document.kind)
        return edxml.DocumentMessage(
            sender=self._organization(document.sender),
            recipients=tuple(self._organization(copy.recipient) for copy in document.copies),
            code=edxml.DocumentCode(document.number, document.notation),
            promulgation=edxml.Promulgation("Việt Nam", document.promulgated),
            document_type=edxml.DocumentType(document.kind, kind.name_vi if kind else ""),
            subject=document.subject,
            due_date=document.due,
            other_info=edxml.OtherInfo(priority=document.priority, page_amount=len(attachments) or None),
            response_for=(_response(document.answers),) if document.answers else (),
            steering=document.steering,
            document_id=document.identity,
            business=_business(document),
            attachments=attachments,
        )

    def _organization(self, code: str) -> edxml.Organization:
        return edxml.Organization(agency_code.parse(code), name=self.names[code])


class Seal:
    """A key and its certificate for XML signatures, made when first used."""

    @cached_property
    def made(self) -> datetime:
        """When it was made."""
        return datetime.now(UTC)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Con dấu điện tử (thử nghiệm)")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.made - timedelta(days=1))
            .not_valid_after(self.made + timedelta(days=30))
            .sign(self._key, SHA256())
        )

    def sign(self, message: bytes) -> bytes:
        """Return the message with its signature in it."""
        return signature.sign(message, key=self._key, certificate=self._certificate)


def _attachment(index: int, file: File) -> edxml.Attachment:
    measured = contents.measure(contents.on_the_way(file))
    return edxml.Attachment(
        content_type=contents.MEDIA_TYPE,
        content_id=f"tep-{index}",
        description="Toàn văn" if index == 0 else f"Phụ lục {index}",
        name=file.name,
        sha256=measured.sha256,
        size=measured.size,
    )


def _response(answered: edxml.DocumentId) -> edxml.ResponseFor:
    return edxml.ResponseFor(
        answered.organ_id, f"{answered.number}/{answered.notation}", answered.promulgated, answered
    )


def _business(document: Planned) -> edxml.Business:
    if document.replaces is None:
        return edxml.Business()
    return edxml.Business(BusinessType.REPLACE, _REASON, replacements=(edxml.Replacement(document.replaces),))


def _aged(header: bytes, legacy: Legacy) -> bytes:
    """Write a header as an old system would."""
    if legacy.dates:
        header = _DATE.sub(rb"\1\4/\3/\2\5", header)
    if legacy.codes:
        header = _CODE.sub(_old_code, header)
    return header.replace(b"Bussiness", b"Business") if legacy.spelling else header


def _old_code(found: re.Match[bytes]) -> bytes:
    old = agency_code.parse(found[2].decode()).old_form()
    return found[1] + (old.encode() if old else found[2]) + found[3]
