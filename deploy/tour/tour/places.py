"""Who takes part: the 89 bodies of `vietnam.bodies`, and invented units below two of them.

On this day one province is merged into another, as in the reform of 2025 (Nghị quyết 202/2025/QH15).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from vietnam.bodies import BODIES, Body

MERGED: Final = "H22"  # Hà Giang
SUCCESSOR: Final = "H60"  # Tuyên Quang
LEGAL_BASIS: Final = "Nghị quyết 202/2025/QH15"
EFFECTIVE: Final = date(2025, 7, 1)

_WITH_UNITS: Final = ("H26", "H41")  # Hà Nội, Nghệ An
_DEPARTMENTS: Final = (
    "Nội vụ",
    "Tài chính",
    "Xây dựng",
    "Y tế",
    "Giáo dục và Đào tạo",
    "Nông nghiệp và Môi trường",
    "Khoa học và Công nghệ",
)
_DISTRICT: Final = "21"
_COMMUNES: Final = 4
_FIRST: Final = ("Bình", "Hòa", "Phú", "Tân", "Mỹ", "Vĩnh", "Thanh", "Long")
_SECOND: Final = ("An", "Khê", "Lạc", "Sơn", "Thịnh", "Xuyên", "Điền", "Trạch")


@dataclass(frozen=True)
class Place:
    """An agency as it will be registered; `parent` is empty at the top."""

    code: str
    name: str
    parent: str = ""

    @property
    def system(self) -> str:
        """Id of its document management system (quản lý văn bản)."""
        return f"{self.code.lower().replace('.', '-')}-qlvb"

    @property
    def short(self) -> str:
        """The name as a subject line mentions it: the place for a committee, else the whole name."""
        return self.name.rpartition("tỉnh ")[2].rpartition("thành phố ")[2]


def places() -> tuple[Place, ...]:
    """Return all agencies, each after its parent; the same every time."""
    rng = Random(2018)  # noqa: S311 - names, no secret
    units = [unit for body in BODIES if str(body.code) in _WITH_UNITS for unit in _units(body, rng)]
    return (*(Place(str(body.code), body.name) for body in BODIES), *units)


def _units(body: Body, rng: Random) -> Iterator[Place]:
    """Return the twelve units below a province: departments, a district, its communes."""
    top = str(body.code)
    for number, name in enumerate(_DEPARTMENTS, start=1):
        yield Place(f"{top}.{number:02}", f"Sở {name} {body.place}", top)
    names = rng.sample([f"{first} {second}" for first in _FIRST for second in _SECOND], _COMMUNES + 1)
    district = f"{top}.{_DISTRICT}"
    yield Place(district, f"Ủy ban nhân dân huyện {names[0]}", top)
    for number, name in enumerate(names[1:], start=1):
        yield Place(f"{district}.{number:02}", f"Ủy ban nhân dân xã {name}", district)
