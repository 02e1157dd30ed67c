"""Test data: messages built by hand and by hypothesis, and streams of any size."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from vietnam.agency_code import AgencyCode
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
    OtherInfo,
    Promulgation,
    Receiver,
    Replacement,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    StatusMessage,
    TraceHeader,
    write,
)
from vietnam.enums import BusinessType, Priority, ProcessingStatus, ReceiverChange, Steering
from vietnam.time_zone import VIETNAM_TIME

TODAY = date(2026, 3, 2)
CONTENT = "Kính gửi Ủy ban nhân dân tỉnh".encode()


def attachment(content: bytes, content_id: str = "a-1", name: str = "cong-van.txt") -> Attachment:
    digest = hashlib.sha256(content).digest()
    return Attachment("text/plain", content_id, "Công văn", name, digest, len(content))


def document(**changes: Any) -> DocumentMessage:
    message = DocumentMessage(
        sender=Organization(AgencyCode("G22"), name="Văn phòng Chính phủ"),
        recipients=(Organization(AgencyCode("H41"), name="UBND tỉnh Nghệ An"),),
        code=DocumentCode("7816", "VPCP-TTĐT"),
        promulgation=Promulgation("Hà Nội", date(2026, 2, 27)),
        document_type=DocumentType(18, "Công văn"),
        subject="V/v kết nối, liên thông phần mềm quản lý văn bản",
        document_id=DocumentId(AgencyCode("G22"), date(2026, 2, 27), "7816", "VPCP-TTĐT"),
        attachments=(attachment(CONTENT),),
    )
    return replace(message, **changes)


def status(**changes: Any) -> StatusMessage:
    message = StatusMessage(
        response_for=ResponseFor(AgencyCode("G22"), "7816/VPCP-TTĐT", date(2026, 2, 27)),
        sender=Organization(AgencyCode("H41")),
        status=ProcessingStatus.ACCEPTED,
        description="",
        timestamp=datetime(2026, 3, 1, 8, 30, tzinfo=VIETNAM_TIME),
    )
    return replace(message, **changes)


def written(message: Message, *contents: bytes) -> bytes:
    metas = message.attachments if isinstance(message, DocumentMessage) else ()
    return b"".join(write(message, [(meta, [content]) for meta, content in zip(metas, contents, strict=False)]))


def sample() -> bytes:
    return written(document(), CONTENT)


def stream(size: int) -> Iterator[bytes]:
    """Yield a valid message with one attachment of `size` zeros, made on the way."""
    head, tail = written(document(attachments=(attachment(b""),)), b"").split(b"<ContentTransferEncoded>")
    yield head + b"<ContentTransferEncoded>"
    line = b64encode(bytes(57)) + b"\r\n"
    chunk = line * 1000
    for _ in range(size // 57_000):
        yield chunk
    yield line * (size % 57_000 // 57)
    yield b64encode(bytes(size % 57)) + tail


# XML carries these; surrounding white space is not kept, nor is a carriage return at a line's end ambiguous
_CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
)


def texts(limit: int, least: int = 0) -> st.SearchStrategy[str]:
    found = st.text(_CHARACTERS, min_size=least, max_size=min(limit, 40)).map(str.strip)
    return found.filter(lambda text: len(text) >= least)


CODES = st.from_regex(r"\A[GH][0-9]{2}(\.[0-9A-Z]{2,5}){0,3}\Z").map(AgencyCode)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=TODAY)
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive and adds the zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0).astimezone(VIETNAM_TIME))
NUMBERS = st.integers(0, 99_999).map(str)
NOTATIONS = texts(30, 1)
IDS = st.builds(DocumentId, CODES, DAYS, NUMBERS, NOTATIONS)
AMOUNTS = st.none() | st.integers(0, 999_999_999)
STAFF = st.builds(StaffInfo, texts(200), texts(50), texts(20), texts(100))
ORGANIZATIONS = st.builds(
    Organization, CODES, texts(200), texts(200), texts(250), texts(100), texts(20), texts(20), texts(100)
)
RESPONSES = st.builds(ResponseFor, CODES, texts(42), st.none() | DAYS, st.none() | IDS)
UPDATES = st.builds(
    DocumentUpdate,
    texts(500),
    texts(500),
    st.lists(st.builds(Receiver, st.sampled_from(ReceiverChange), CODES), max_size=3).map(tuple),
)
REPLACEMENTS = st.builds(Replacement, IDS, st.lists(CODES, max_size=3).map(tuple))
BUSINESS = st.one_of(
    st.builds(Business, st.sampled_from([BusinessType.NEW, BusinessType.RECALL]), texts(500), staff=STAFF),
    st.builds(Business, st.just(BusinessType.UPDATE), texts(500), IDS, UPDATES, staff=STAFF),
    st.builds(
        Business,
        st.just(BusinessType.REPLACE),
        texts(500),
        replacements=st.lists(REPLACEMENTS, min_size=1, max_size=3).map(tuple),
        paper=st.integers(0, 1),
    ),
)
CONTENTS = st.lists(st.binary(max_size=200), max_size=3)
DOCUMENTS = st.builds(
    DocumentMessage,
    sender=ORGANIZATIONS,
    recipients=st.lists(
        ORGANIZATIONS, min_size=1, max_size=4, unique_by=lambda organization: organization.organ_id
    ).map(tuple),
    code=st.builds(DocumentCode, NUMBERS, NOTATIONS),
    promulgation=st.builds(Promulgation, texts(50), DAYS),
    document_type=st.builds(DocumentType, st.none() | st.integers(1, 32), texts(100)),
    subject=texts(500, 1),
    content=texts(500),
    signer=st.builds(SignerInfo, texts(100), texts(100), texts(50)),
    due_date=st.none() | DAYS,
    to_places=st.lists(texts(150, 1), max_size=3).map(tuple),
    other_info=st.builds(
        OtherInfo,
        st.sampled_from(Priority),
        texts(100),
        texts(10),
        AMOUNTS,
        AMOUNTS,
        st.lists(texts(250, 1), max_size=3).map(tuple),
    ),
    response_for=st.lists(RESPONSES, max_size=3).map(tuple),
    steering=st.sampled_from(Steering),
    trace_id=texts(100),
    trace=st.lists(st.builds(TraceHeader, CODES, MOMENTS), max_size=3).map(tuple),
    business=BUSINESS,
)
STATUSES = st.builds(
    StatusMessage,
    RESPONSES,
    ORGANIZATIONS,
    st.sampled_from(ProcessingStatus),
    texts(500, 1),
    MOMENTS,
    STAFF,
)


def with_contents(message: DocumentMessage, contents: list[bytes], *, identified: bool) -> DocumentMessage:
    metas = tuple(attachment(content, f"id-{index}") for index, content in enumerate(contents))
    return replace(message, attachments=metas, document_id=message.identity() if identified else None)


def days_later(days: int) -> date:
    return TODAY + timedelta(days=days)
