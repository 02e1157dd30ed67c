"""The 89 bodies at the top of the agency tree before 1/7/2025, and the 34 provinces since.

Codes and names are data (QĐ 20/2020/QĐ-TTg; the statistics office's codes of provinces): a body may be
merged, renamed or succeeded, which is for the directory to record.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .agency_code import AgencyCode


class BodyKind(StrEnum):
    """What a body is in the organisation of the state."""

    MINISTRY = "ministry"  # bộ
    MINISTERIAL_AGENCY = "ministerial_agency"  # cơ quan ngang bộ
    GOVERNMENT_AGENCY = "government_agency"  # cơ quan thuộc Chính phủ
    PROVINCE = "province"  # ủy ban nhân dân tỉnh
    CITY = "city"  # ủy ban nhân dân thành phố trực thuộc trung ương


@dataclass(frozen=True, slots=True)
class Body:
    """A body of the first level: `name` in full in Vietnamese, `place` the province, empty for the centre."""

    code: AgencyCode
    name: str
    kind: BodyKind
    place: str = ""


@dataclass(frozen=True, slots=True)
class Province:
    """A province or centrally-run city since 1/7/2025 with its two-digit statistics code."""

    statistics_code: str
    name: str
    is_city: bool

    @property
    def full_name(self) -> str:
        """The name with its rank: "Tỉnh Nghệ An", "Thành phố Huế"."""
        return f"{'Thành phố' if self.is_city else 'Tỉnh'} {self.name}"


_CENTRAL: Final[tuple[tuple[str, str, BodyKind], ...]] = (
    ("G01", "Bộ Công an", BodyKind.MINISTRY),
    ("G02", "Bộ Công Thương", BodyKind.MINISTRY),
    ("G03", "Bộ Giáo dục và Đào tạo", BodyKind.MINISTRY),
    ("G04", "Bộ Giao thông vận tải", BodyKind.MINISTRY),
    ("G05", "Bộ Kế hoạch và Đầu tư", BodyKind.MINISTRY),
    ("G06", "Bộ Khoa học và Công nghệ", BodyKind.MINISTRY),
    ("G07", "Bộ Lao động - Thương binh và Xã hội", BodyKind.MINISTRY),
    ("G08", "Bộ Ngoại giao", BodyKind.MINISTRY),
    ("G09", "Bộ Nội vụ", BodyKind.MINISTRY),
    ("G10", "Bộ Nông nghiệp và Phát triển nông thôn", BodyKind.MINISTRY),
    ("G11", "Bộ Quốc phòng", BodyKind.MINISTRY),
    ("G12", "Bộ Tài chính", BodyKind.MINISTRY),
    ("G13", "Bộ Tài nguyên và Môi trường", BodyKind.MINISTRY),
    ("G14", "Bộ Thông tin và Truyền thông", BodyKind.MINISTRY),
    ("G15", "Bộ Tư pháp", BodyKind.MINISTRY),
    ("G16", "Bộ Văn hóa, Thể thao và Du lịch", BodyKind.MINISTRY),
    ("G17", "Bộ Xây dựng", BodyKind.MINISTRY),
    ("G18", "Bộ Y tế", BodyKind.MINISTRY),
    ("G19", "Ngân hàng Nhà nước Việt Nam", BodyKind.MINISTERIAL_AGENCY),
    ("G20", "Thanh tra Chính phủ", BodyKind.MINISTERIAL_AGENCY),
    ("G21", "Ủy ban Dân tộc", BodyKind.MINISTERIAL_AGENCY),
    ("G22", "Văn phòng Chính phủ", BodyKind.MINISTERIAL_AGENCY),
    ("G24", "Bảo hiểm xã hội Việt Nam", BodyKind.GOVERNMENT_AGENCY),
    ("G27", "Đài Tiếng nói Việt Nam", BodyKind.GOVERNMENT_AGENCY),
    ("G28", "Đài Truyền hình Việt Nam", BodyKind.GOVERNMENT_AGENCY),
    ("G30", "Thông tấn xã Việt Nam", BodyKind.GOVERNMENT_AGENCY),
)

# In the order of their codes: H01, H02 ... H63.
_PLACES: Final[tuple[str, ...]] = (
    *(
        "An Giang",
        "Bắc Giang",
        "Bắc Kạn",
        "Bạc Liêu",
        "Bắc Ninh",
        "Bà Rịa - Vũng Tàu",
        "Bến Tre",
        "Bình Định",
    ),
    *(
        "Bình Dương",
        "Bình Phước",
        "Bình Thuận",
        "Cà Mau",
        "Cần Thơ",
        "Cao Bằng",
        "Đắk Lắk",
        "Đắk Nông",
        "Đà Nẵng",
    ),
    *(
        "Điện Biên",
        "Đồng Nai",
        "Đồng Tháp",
        "Gia Lai",
        "Hà Giang",
        "Hải Dương",
        "Hải Phòng",
        "Hà Nam",
        "Hà Nội",
    ),
    *("Hà Tĩnh", "Hòa Bình", "Hồ Chí Minh", "Hậu Giang", "Hưng Yên", "Khánh Hòa", "Kiên Giang", "Kon Tum"),
    *(
        "Lai Châu",
        "Lâm Đồng",
        "Lạng Sơn",
        "Lào Cai",
        "Long An",
        "Nam Định",
        "Nghệ An",
        "Ninh Bình",
        "Ninh Thuận",
    ),
    *("Phú Thọ", "Phú Yên", "Quảng Bình", "Quảng Nam", "Quảng Ngãi", "Quảng Ninh", "Quảng Trị", "Sóc Trăng"),
    *(
        "Sơn La",
        "Tây Ninh",
        "Thái Bình",
        "Thái Nguyên",
        "Thanh Hóa",
        "Thừa Thiên Huế",
        "Tiền Giang",
        "Trà Vinh",
    ),
    *("Tuyên Quang", "Vĩnh Long", "Vĩnh Phúc", "Yên Bái"),
)
_CITIES: Final = frozenset({"Hà Nội", "Hồ Chí Minh", "Hải Phòng", "Đà Nẵng", "Cần Thơ"})

_STATISTICS: Final = (
    *(("01", "Hà Nội"), ("04", "Cao Bằng"), ("08", "Tuyên Quang"), ("11", "Điện Biên"), ("12", "Lai Châu")),
    *(("14", "Sơn La"), ("15", "Lào Cai"), ("19", "Thái Nguyên"), ("20", "Lạng Sơn"), ("22", "Quảng Ninh")),
    *(("24", "Bắc Ninh"), ("25", "Phú Thọ"), ("31", "Hải Phòng"), ("33", "Hưng Yên"), ("37", "Ninh Bình")),
    *(("38", "Thanh Hóa"), ("40", "Nghệ An"), ("42", "Hà Tĩnh"), ("44", "Quảng Trị"), ("46", "Huế")),
    *(("48", "Đà Nẵng"), ("51", "Quảng Ngãi"), ("52", "Gia Lai"), ("56", "Khánh Hòa"), ("66", "Đắk Lắk")),
    *(("68", "Lâm Đồng"), ("75", "Đồng Nai"), ("79", "Hồ Chí Minh"), ("80", "Tây Ninh"), ("82", "Đồng Tháp")),
    *(("86", "Vĩnh Long"), ("91", "An Giang"), ("92", "Cần Thơ"), ("96", "Cà Mau")),
)


def _committee(number: int, place: str) -> Body:
    kind = BodyKind.CITY if place in _CITIES else BodyKind.PROVINCE
    rank = "thành phố" if kind is BodyKind.CITY else "tỉnh"
    return Body(AgencyCode(f"H{number:02}"), f"Ủy ban nhân dân {rank} {place}", kind, place)


BODIES: Final[tuple[Body, ...]] = (
    *(Body(AgencyCode(code), name, kind) for code, name, kind in _CENTRAL),
    *(_committee(number, place) for number, place in enumerate(_PLACES, start=1)),
)

PROVINCES: Final[tuple[Province, ...]] = tuple(
    Province(code, name, name in _CITIES or name == "Huế") for code, name in _STATISTICS
)

_BY_CODE: Final = {body.code: body for body in BODIES}


def find(code: AgencyCode) -> Body | None:
    """Return the body with that code, or the one at the top above it; None where it is unknown."""
    return _BY_CODE.get(AgencyCode(code.groups[0]))
