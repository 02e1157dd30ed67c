"""How things are spread in a realistic day: fan-out, urgency, types, sizes, how far receivers get. Pure, seeded."""

from __future__ import annotations

from random import Random
from typing import Final

from lienthong.docexchange.v1 import document_pb2 as d
from vietnam.enums import Priority, Steering

from tour.plan import File, Status

_ARRIVED, _REFUSED, _ACCEPTED = d.STATUS_ARRIVED, d.STATUS_REFUSED, d.STATUS_ACCEPTED
_ASSIGNED, _IN_PROCESS, _COMPLETED = d.STATUS_ASSIGNED, d.STATUS_IN_PROCESS, d.STATUS_COMPLETED

_WALKS: Final[tuple[tuple[int, tuple[Status, ...]], ...]] = (
    (8, (_ARRIVED,)),
    (4, (_ARRIVED, _REFUSED)),
    (24, (_ARRIVED, _ACCEPTED)),
    (14, (_ARRIVED, _ACCEPTED, _ASSIGNED)),
    (7, (_ARRIVED, _ACCEPTED, _ASSIGNED, _IN_PROCESS)),
    (5, (_ARRIVED, _ACCEPTED, _IN_PROCESS)),
    (8, (_ARRIVED, _ACCEPTED, _ASSIGNED, _IN_PROCESS, _COMPLETED)),
    (6, (_ARRIVED, _ACCEPTED, _IN_PROCESS, _COMPLETED)),
    (6, (_ARRIVED, _ACCEPTED, _ASSIGNED, _COMPLETED)),
    (18, (_ARRIVED, _ACCEPTED, _COMPLETED)),
)
# Weight and abbreviation (NĐ 30/2020/NĐ-CP, Phụ lục III) by number of the type; công văn has none.
_KINDS: Final[dict[int, tuple[int, str]]] = {
    1: (1, "NQ"),
    2: (10, "QĐ"),
    3: (2, "CT"),
    4: (1, "QC"),
    5: (1, "QyĐ"),
    7: (8, "TB"),
    8: (2, "HD"),
    9: (1, "CTr"),
    10: (6, "KH"),
    11: (1, "PA"),
    12: (1, "ĐA"),
    13: (1, "DA"),
    14: (6, "BC"),
    15: (1, "BB"),
    16: (5, "TTr"),
    18: (43, ""),
    19: (1, "CĐ"),
    25: (5, "GM"),
    26: (1, "GGT"),
    30: (1, "PG"),
    31: (2, "PC"),
}
_UNITS: Final = ("VP", "TH", "KSTT", "TCCB", "KHTC", "NC", "KGVX", "CNTT")
_ACTS: Final = (
    "Triển khai kế hoạch",
    "Báo cáo kết quả",
    "Góp ý dự thảo quy định về",
    "Phối hợp kiểm tra việc",
    "Đôn đốc tiến độ",
    "Hướng dẫn thực hiện",
    "Cung cấp thông tin phục vụ",
    "Mời họp về",
)
_MATTERS: Final = (
    "cải cách thủ tục hành chính",
    "chuyển đổi số",
    "giải ngân vốn đầu tư công",
    "phòng, chống thiên tai",
    "sắp xếp đơn vị hành chính",
    "an toàn thông tin mạng",
    "kết nối, chia sẻ dữ liệu",
    "phát triển nhà ở xã hội",
    "tuyển sinh năm học mới",
    "bảo hiểm y tế toàn dân",
    "quản lý đất đai",
    "phòng cháy, chữa cháy rừng",
)
_KIB: Final = 1024
_ZIPPED: Final = 0.04


def walk(rng: Random) -> tuple[Status, ...]:
    """Draw the statuses that a receiver reports, in order."""
    return rng.choices([each for _, each in _WALKS], [weight for weight, _ in _WALKS])[0]


def fan_out(rng: Random) -> int:
    """Draw a number of receivers: 2.4 on average."""
    return rng.choices((1, 2, 3, 4, 5, rng.randint(6, 10)), (45, 25, 12, 6, 4, 8))[0]


def kind(rng: Random) -> int:
    """Draw a type of document."""
    return rng.choices(list(_KINDS), [weight for weight, _ in _KINDS.values()])[0]


def notation(rng: Random, kind: int, sender: str) -> str:
    """Draw a notation (ký hiệu): "QĐ-UBND", "VP-KSTT"."""
    unit = rng.choice(_UNITS)
    own = "UBND" if sender.startswith("H") else "BTK"
    return f"{_KINDS[kind][1] or own}-{unit}"


def subject(rng: Random, place: str) -> str:
    """Draw what a document is about (trích yếu)."""
    return f"{rng.choice(_ACTS)} {rng.choice(_MATTERS)} gửi {place}"


def age(rng: Random) -> int:
    """Draw how many days ago it was signed: most on the day itself (QĐ 28/2018/QĐ-TTg)."""
    return rng.choices((0, 1, 2, 3), (85, 10, 3, 2))[0]


def priority(rng: Random) -> Priority:
    """Draw how urgent it is."""
    return rng.choices(list(Priority), (80, 11, 5, 2, 2))[0]


def steering(rng: Random) -> Steering:
    """Draw whether it directs, or reports on a direction."""
    return rng.choices(list(Steering), (88, 8, 4))[0]


def files(rng: Random, *, large: bool) -> tuple[File, ...]:
    """Draw the attachments: most of 1 to 20 KiB, some to 200 KiB; a `large` one has 1 to 5 MiB."""
    if large:
        return (_file(rng, 0, rng.randint(_KIB, 5 * _KIB) * _KIB, zippable=False),)
    count = rng.choices((0, 1, 2, 3), (5, 65, 20, 10))[0]
    return tuple(_file(rng, index, _size(rng), zippable=True) for index in range(count))


def _size(rng: Random) -> int:
    if rng.random() < 0.1:
        return rng.randint(20 * _KIB, 200 * _KIB)
    return round(min(max(rng.lognormvariate(8.6, 0.8), _KIB), 20 * _KIB))


def _file(rng: Random, index: int, size: int, *, zippable: bool) -> File:
    name = "van-ban.pdf" if index == 0 else f"phu-luc-{index}.pdf"
    return File(rng.getrandbits(48), size, name, zipped=zippable and rng.random() < _ZIPPED)
