"""What the load sends: contents of documents, files of many sizes, edXML messages; all drawn from a seed."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import attachment_service_pb2
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code, edxml

from drills.ledger import Command

DAY = datetime.now(UTC).date() - timedelta(days=2)
NOTATION = "UBND-VX"
_SIZES = (2_000, 40_000, 300_000, 6_000_000)  # in memory twice, in a spooled file, in several parts
_WEIGHTS = (80, 14, 5, 1)


def content(number: int, *files: d.Attachment, subject: str = "V/v kết nối, liên thông") -> d.Content:
    """Return what a document says."""
    day = Date(year=DAY.year, month=DAY.month, day=DAY.day)
    return d.Content(
        number=str(number), notation=NOTATION, promulgation_date=day, subject=subject, attachments=files, type=18
    )


def command(service: str, rpc: str, kind: Any, **fields: Any) -> Command:
    """Return a command with a request id of its own."""
    request_id = str(uuid.uuid4())
    return Command(service, rpc, request_id, kind(request_id=request_id, **fields))


def upload(rng: random.Random) -> tuple[Command, d.Attachment]:
    """Return the upload of a file, made anew from its seed each time it is sent, and how a document names it."""
    seed, size = rng.getrandbits(60), rng.choices(_SIZES, _WEIGHTS)[0]
    data = _bytes(seed, size)
    named = d.Attachment(sha256=hashlib.sha256(data).digest(), size=size, name="phu-luc.bin", media_type="text/plain")
    return _streamed("attachments", "UploadAttachment", data, partial(_bytes, seed, size)), named


def message(rng: random.Random, sender: str, recipient: str, number: int) -> Command:
    """Return the import of an edXML message with one attachment."""
    file = rng.randbytes(3_000)
    attachment = edxml.Attachment(
        "text/plain", "a-1", "Công văn", "cong-van.txt", hashlib.sha256(file).digest(), len(file)
    )
    said = edxml.DocumentMessage(
        sender=edxml.Organization(agency_code.parse(sender), name=sender),
        recipients=(edxml.Organization(agency_code.parse(recipient), name=recipient),),
        code=edxml.DocumentCode(str(number), NOTATION),
        promulgation=edxml.Promulgation("Hà Nội", date(DAY.year, DAY.month, DAY.day)),
        document_type=edxml.DocumentType(18, "Công văn"),
        subject="V/v kết nối, liên thông bằng edXML",
        document_id=edxml.DocumentId(
            agency_code.parse(sender), date(DAY.year, DAY.month, DAY.day), str(number), NOTATION
        ),
        attachments=(attachment,),
    )
    data = b"".join(edxml.write(said, [(attachment, [file])]))
    return _streamed("edxml", "ImportMessage", data, lambda: data)


def _streamed(service: str, rpc: str, data: bytes, again: Any) -> Command:
    request_id = str(uuid.uuid4())
    described = attachment_service_pb2.UploadDescription(
        sha256=hashlib.sha256(data).digest(), size=len(data), request_id=request_id
    )
    return Command(service, rpc, request_id, described, again)


def _bytes(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secret
