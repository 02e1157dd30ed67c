"""The reader takes what peers really send."""

from datetime import date, datetime

import pytest
from vietnam.agency_code import AgencyCode
from vietnam.edxml import DiscardSink, DocumentMessage, MemorySink, Reader, StatusMessage, read, write
from vietnam.enums import BusinessType, ProcessingStatus
from vietnam.time_zone import VIETNAM_TIME

from .messages import CONTENT, TODAY, attachment, document, sample, status, written


def _read(data: bytes) -> DocumentMessage:
    message = read([data], DiscardSink(), today=TODAY)
    assert isinstance(message, DocumentMessage)
    return message


def test_a_document_arrives_with_its_attachment_decoded_and_hashed() -> None:
    sink = MemorySink()
    message = read([sample()], sink, today=TODAY)
    assert message == document()
    assert bytes(sink.contents[0]) == CONTENT


def test_bytes_may_come_one_by_one() -> None:
    reader = Reader(DiscardSink(), today=TODAY)
    for byte in sample():
        reader.feed(bytes([byte]))
    assert reader.close() == document()


def test_a_byte_order_mark_of_utf_8_is_accepted() -> None:
    assert _read(b"\xef\xbb\xbf" + sample()) == document()


@pytest.mark.parametrize("prefix", [b"x:", b"edxml:", b"ns0:"])
def test_any_prefix_is_accepted(prefix: bytes) -> None:
    renamed = sample().replace(b"edXML:", prefix).replace(b"xmlns:edXML", b"xmlns:" + prefix[:-1])
    assert _read(renamed) == document()


def test_the_correct_spelling_of_business_is_accepted() -> None:
    data = sample().replace(b"Bussiness", b"Business")
    assert _read(data).business.kind is BusinessType.NEW


@pytest.mark.parametrize("text", ["2026/02/27", "27/02/2026", "27/2/2026 07:05", "2026/02/27 23:59:59", " 2026/02/27 "])
def test_both_orders_of_a_date_are_read(text: str) -> None:
    field = b"<edXML:PromulgationDate>%s</edXML:PromulgationDate>"
    data = sample().replace(field % b"2026/02/27", field % text.encode())
    assert _read(data).promulgation.promulgated == date(2026, 2, 27)


def test_old_agency_codes_become_current_ones_also_inside_document_ids() -> None:
    data = sample().replace(b">G22", b">000.00.00.G22").replace(b">H41", b">000.00.00.H41")
    assert _read(data) == document()
    assert _read(data).recipients[0].organ_id == AgencyCode("H41")


@pytest.mark.parametrize(
    ("sent", "other"), [(b"<ContentId>a-1", b"<ContentId>cid:a-1"), (b"ContentId>cid:a-1", b"ContentId>a-1")]
)
def test_content_ids_match_with_and_without_their_scheme(sent: bytes, other: bytes) -> None:
    assert sent in sample()
    assert _read(sample().replace(sent, other)) == document()


def test_a_reference_without_content_id_is_found_by_its_link() -> None:
    data = sample().replace(b"<edXML:ContentId>cid:a-1</edXML:ContentId>", b"")
    assert _read(data) == document()


def test_what_an_attachment_leaves_out_the_manifest_fills_in() -> None:
    data = sample().replace(b"<AttachmentName>cong-van.txt</AttachmentName>", b"")
    assert _read(data).attachments[0].name == "cong-van.txt"


def test_base64_may_be_broken_by_white_space_and_comments() -> None:
    start, content, end = _split_content(sample())
    broken = b"\r\n\t ".join(content[i : i + 1] for i in range(len(content)))
    assert _read(start + broken[:20] + b"<!-- x -->" + broken[20:] + end) == document()


def test_an_empty_attachment_is_an_attachment() -> None:
    start, _, end = _split_content(sample())
    assert _read(start + end).attachments[0].size == 0


def test_empty_entries_of_a_list_are_passed_over() -> None:
    data = sample().replace(b"<edXML:OtherInfo>", b"<edXML:ToPlaces><edXML:Place/></edXML:ToPlaces><edXML:OtherInfo>")
    assert _read(data) == document()


def test_a_large_attachment_survives_chunks_of_any_size() -> None:
    content = bytes(range(256)) * 1000
    message = document(attachments=(attachment(content),))
    pieces = [content[:1], content[1:100_000], content[100_000:]]
    sink = MemorySink()
    assert read(write(message, [(message.attachments[0], pieces)]), sink, today=TODAY) == message
    assert bytes(sink.contents[0]) == content


def test_unknown_elements_of_the_namespace_are_passed_over() -> None:
    data = sample().replace(b"<edXML:Subject>", b"<edXML:Novelty>x</edXML:Novelty><edXML:Subject>")
    assert _read(data) == document()


def test_an_empty_signature_is_absence_and_a_signature_is_noticed() -> None:
    assert not _read(sample()).has_signature
    signed = sample().replace(
        b"<edXML:DigitalSignature/>",
        b'<edXML:DigitalSignature><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>'
        b"<MessageHeader/></Object></Signature></edXML:DigitalSignature>",
    )
    assert _read(signed).has_signature


def test_a_status_arrives() -> None:
    message = read([written(status())], DiscardSink(), today=TODAY)
    assert isinstance(message, StatusMessage)
    assert message.status is ProcessingStatus.ACCEPTED
    assert message.timestamp == datetime(2026, 3, 1, 8, 30, tzinfo=VIETNAM_TIME)


def test_a_long_name_in_decomposed_letters_counts_as_people_see_it() -> None:
    decomposed = "Đe\u0302\u0301" * 15
    data = sample().replace("VPCP-TTĐT".encode(), decomposed.encode())
    assert _read(data).code.notation == decomposed


def _split_content(data: bytes) -> tuple[bytes, bytes, bytes]:
    start, rest = data.split(b"<ContentTransferEncoded>")
    content, end = rest.split(b"</ContentTransferEncoded>")
    return start + b"<ContentTransferEncoded>", content, b"</ContentTransferEncoded>" + end
