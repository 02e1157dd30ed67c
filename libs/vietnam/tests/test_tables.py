"""The tables: bodies, provinces, document types, enumerations, reasons."""

import pytest
from vietnam import bodies, document_types
from vietnam.agency_code import AgencyCode, parse
from vietnam.bodies import BODIES, PROVINCES, BodyKind
from vietnam.document_types import DOCUMENT_KINDS
from vietnam.enums import BusinessType, Priority, ProcessingStatus, Steering, allowed_next
from vietnam.reasons import TEXTS, Reason


def test_there_are_89_bodies_with_valid_codes_and_distinct_names() -> None:
    assert len(BODIES) == len({body.code for body in BODIES}) == len({body.name for body in BODIES}) == 89
    assert sum(body.code.current.startswith("G") for body in BODIES) == 26
    assert all(parse(body.code.current) == body.code for body in BODIES)


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("G12", "Bộ Tài chính", BodyKind.MINISTRY),
        ("G22", "Văn phòng Chính phủ", BodyKind.MINISTERIAL_AGENCY),
        ("G30", "Thông tấn xã Việt Nam", BodyKind.GOVERNMENT_AGENCY),
        ("H14", "Ủy ban nhân dân tỉnh Cao Bằng", BodyKind.PROVINCE),
        ("H26", "Ủy ban nhân dân thành phố Hà Nội", BodyKind.CITY),
        ("H29", "Ủy ban nhân dân thành phố Hồ Chí Minh", BodyKind.CITY),
        ("H41", "Ủy ban nhân dân tỉnh Nghệ An", BodyKind.PROVINCE),
        ("H49", "Ủy ban nhân dân tỉnh Quảng Ninh", BodyKind.PROVINCE),
        ("H63", "Ủy ban nhân dân tỉnh Yên Bái", BodyKind.PROVINCE),
    ],
)
def test_bodies_have_the_codes_of_the_decision(code: str, name: str, kind: BodyKind) -> None:
    body = bodies.find(AgencyCode(code))
    assert body is not None
    assert (body.name, body.kind) == (name, kind)


def test_an_agency_below_is_found_with_its_body() -> None:
    assert bodies.find(parse("000.00.18.G12")) is bodies.find(AgencyCode("G12"))
    assert bodies.find(AgencyCode("G99")) is None


def test_there_are_34_provinces_six_of_them_cities() -> None:
    assert len({province.statistics_code for province in PROVINCES}) == 34
    assert {province.full_name for province in PROVINCES if province.is_city} == {
        *("Thành phố Hà Nội", "Thành phố Hải Phòng", "Thành phố Huế"),
        *("Thành phố Đà Nẵng", "Thành phố Hồ Chí Minh", "Thành phố Cần Thơ"),
    }


def test_there_are_32_document_types_in_order() -> None:
    assert [kind.number for kind in DOCUMENT_KINDS] == list(range(1, 33))
    letter = document_types.find(18)
    assert letter is not None
    assert letter.name_vi == "Công văn"
    assert document_types.find(33) is None


@pytest.mark.parametrize(
    ("status", "following"),
    [
        ("01", {"02", "03"}),
        ("02", set()),
        ("03", {"04", "05", "06"}),
        ("04", {"05", "06"}),
        ("05", {"06"}),
        ("06", set()),
        ("13", {"15", "16"}),
        ("15", set()),
        ("16", set()),
    ],
)
def test_a_document_moves_only_along_the_graph(status: str, following: set[str]) -> None:
    assert allowed_next(ProcessingStatus(status)) == following


def test_every_member_of_an_enumeration_has_labels_in_both_languages() -> None:
    members = [*Priority, *Steering, *BusinessType, *ProcessingStatus]
    assert all(member.label_vi and member.label_en for member in members)


def test_every_reason_has_its_texts_and_is_named_by_its_value() -> None:
    assert set(TEXTS) == set(Reason)
    assert all(reason.name == reason.value for reason in Reason)
