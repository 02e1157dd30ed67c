"""Hostile messages: every one ends in a typed error, early, and in bounded memory."""

import random
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.edxml import DiscardSink, DocumentMessage, Limits, MemorySink, Reader, Writable, read
from vietnam.edxml.base64_stream import Base64Decoder
from vietnam.edxml.namespaces import EDXML
from vietnam.errors import EdxmlError, LimitExceededError, MalformedMessageError
from vietnam.reasons import Reason

from .messages import TODAY, sample, stream

SAMPLE = sample()
BOMB = b'<!ENTITY a "ha">' + b"".join(b'<!ENTITY a%d "&a;&a;&a;&a;&a;&a;&a;&a;&a;">' % n for n in range(9))
ROOT = f'<edXML xmlns="{EDXML}">'.encode()


def _reason(data: bytes, limits: Limits | None = None) -> Reason:
    with pytest.raises(EdxmlError) as refusal:
        read([data], DiscardSink(), today=TODAY, limits=limits or Limits())
    return refusal.value.reason


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE edXML SYSTEM "http://example.invalid/x.dtd">',
        b'<!DOCTYPE edXML [<!ENTITY % p SYSTEM "http://example.invalid/p"> %p;]>',
        b"<!DOCTYPE edXML [" + BOMB + b"]>",
        b"<!DOCTYPE edXML>",
    ],
)
def test_document_types_and_entities_are_refused(doctype: bytes) -> None:
    assert _reason(SAMPLE.replace(b"<edXML xmlns", doctype + b"<edXML xmlns")) is Reason.DTD_FORBIDDEN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b'{"edXML": 1}',
        SAMPLE[:-1],
        SAMPLE[: len(SAMPLE) // 2],
        SAMPLE + SAMPLE,
        SAMPLE.replace(b"Subject>V", b"Subject>\x00V"),
        SAMPLE.replace(b"Subject>V", b"Subject>\xff\xfe"),
        SAMPLE.replace(b"Subject>V", b"Subject>&nbsp;"),
        SAMPLE.replace(b"Subject>V", b"Subject>&#0;"),
    ],
)
def test_what_is_not_well_formed_utf8_xml_is_refused(data: bytes) -> None:
    assert _reason(data) is Reason.NOT_WELL_FORMED


@pytest.mark.parametrize("encoding", [b"iso-8859-1", b"windows-1258", b"utf-16", b"utf-7", b"x"])
def test_another_encoding_is_refused(encoding: bytes) -> None:
    assert _reason(SAMPLE.replace(b"utf-8", encoding, 1)) is Reason.ENCODING_NOT_SUPPORTED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_wide_encodings_are_refused_whatever_the_declaration_says(encoding: str) -> None:
    assert _reason(SAMPLE.decode().encode(encoding)) is Reason.ENCODING_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (SAMPLE.replace(b"QCVN_102_2016", b"QCVN_102_2017"), Reason.WRONG_NAMESPACE),
        (SAMPLE.replace(EDXML.encode(), b"", 1).replace(b' xmlns=""', b""), Reason.WRONG_NAMESPACE),
        (SAMPLE.replace(b"<Attachment>", b'<Attachment xmlns="urn:x">'), Reason.WRONG_NAMESPACE),
        (b"<html/>", Reason.WRONG_NAMESPACE),
        (f'<other xmlns="{EDXML}"/>'.encode(), Reason.WRONG_ROOT),
        (ROOT + b"</edXML>", Reason.MESSAGE_KIND),
    ],
)
def test_what_is_not_an_edxml_message_is_refused(data: bytes, reason: Reason) -> None:
    assert _reason(data) is reason


@pytest.mark.parametrize(
    "content", [b"S", b"SA", b"SAA", b"SAA*", b"====", b"SAA==SAA", b"SA==SAAA", "SẢAA".encode(), b"SAA=SAAA"]
)
def test_bad_base64_is_refused(content: bytes) -> None:
    head, tail = SAMPLE.split(b"<ContentTransferEncoded>")
    tail = tail[tail.index(b"</ContentTransferEncoded>") :]
    assert _reason(head + b"<ContentTransferEncoded>" + content + tail) is Reason.BAD_BASE64


def test_base64_that_goes_on_after_its_padding_is_refused_across_pieces() -> None:
    decoder = Base64Decoder("field")
    assert decoder.decode("SAA=") == b"H\x00"
    assert decoder.decode(" \n") == b""
    with pytest.raises(MalformedMessageError):
        decoder.decode("SAAA")


def test_an_element_inside_base64_is_refused() -> None:
    data = SAMPLE.replace(b"<ContentTransferEncoded>", b"<ContentTransferEncoded><x/>")
    assert _reason(data) is Reason.UNEXPECTED_ELEMENT


def test_a_second_content_of_one_attachment_is_refused() -> None:
    extra = b"<ContentTransferEncoded/><ContentTransferEncoded>"
    assert _reason(SAMPLE.replace(b"<ContentTransferEncoded>", extra)) is Reason.DUPLICATE_ELEMENT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ROOT + b"<a>" * 1000, Reason.TOO_DEEP),
        (ROOT + b"<a/>" * 20_001, Reason.TOO_MANY_ELEMENTS),
        (ROOT + b"<a>" + b"x" * 20_000 + b"</a>", Reason.ELEMENT_TOO_LONG),
        (ROOT + b"<AttachmentEncoded>" + b"<Attachment/>" * 101, Reason.TOO_MANY_ATTACHMENTS),
        (ROOT + b"<a b='" + b"x" * 5_000_000, Reason.HEADER_TOO_LARGE),
        (ROOT + b"<!--" + b"x" * 5_000_000, Reason.HEADER_TOO_LARGE),
        (ROOT + b"<!-- -->" * 700_000, Reason.HEADER_TOO_LARGE),
    ],
)
def test_limits_stop_what_would_grow(data: bytes, reason: Reason) -> None:
    assert _reason(data) is reason


def test_a_comment_without_end_inside_an_attachment_cannot_fill_the_memory() -> None:
    head, _ = SAMPLE.split(b"<ContentTransferEncoded>")
    data = head + b"<ContentTransferEncoded>SAAA<!--" + b"x" * 5_000_000
    assert _reason(data) is Reason.HEADER_TOO_LARGE


def test_attachment_and_message_sizes_are_limited() -> None:
    assert _reason(SAMPLE, Limits(attachment_bytes=10)) is Reason.ATTACHMENT_TOO_LARGE
    assert _reason(SAMPLE, Limits(message_bytes=1000)) is Reason.MESSAGE_TOO_LARGE


def test_a_refused_message_stays_refused() -> None:
    reader = Reader(DiscardSink(), today=TODAY, limits=Limits(message_bytes=100))
    with pytest.raises(LimitExceededError):
        reader.feed(SAMPLE)
    with pytest.raises(LimitExceededError):
        reader.close()


def test_a_huge_tag_fed_byte_by_byte_costs_no_quadratic_time() -> None:
    started = time.process_time()
    with pytest.raises(LimitExceededError):
        read(_slow_tag(), DiscardSink(), today=TODAY, limits=Limits(header_bytes=300_000))
    assert time.process_time() - started < 2


def _slow_tag() -> Iterator[bytes]:
    yield ROOT + b"<a b='"
    for _ in range(200_000):
        yield b"xx"


def test_what_the_sink_raises_passes_through() -> None:
    class Full(MemorySink):
        def open(self, index: int) -> Writable:
            raise OSError(index)

    with pytest.raises(OSError, match="0"):
        read([SAMPLE], Full(), today=TODAY)


def test_forty_megabytes_pass_in_bounded_memory() -> None:
    size = 40_000_000
    tracemalloc.start()
    message = read(stream(size), DiscardSink(), today=TODAY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(message, DocumentMessage)
    assert message.attachments[0].size == size
    assert peak < 3_000_000


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_mutated_message_is_read_or_refused_with_a_typed_error(chance: random.Random, cuts: int) -> None:
    data = bytearray(SAMPLE)
    for _ in range(cuts):
        start = chance.randrange(len(data))
        piece = bytes(data[start : start + chance.randrange(40)])
        if chance.random() < 0.5:
            data[start : start + chance.randrange(20)] = bytes([chance.randrange(256)])
        else:
            at = chance.randrange(len(data))
            data[at:at] = piece
    with suppress(EdxmlError):
        read([bytes(data)], MemorySink(), today=TODAY)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_typed_error(data: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        read([data], MemorySink(), today=TODAY)
