"""The 32 types of administrative documents (loại văn bản hành chính) in the numbering of QCVN 102:2016/BTTTT.

The list is data: numbers 1-9 and 18-26 were read in a source, the rest is from general knowledge.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One type of document: `number` is what `DocumentType/Type` carries."""

    number: int
    name_vi: str
    name_en: str


DOCUMENT_KINDS: Final[tuple[DocumentKind, ...]] = (
    DocumentKind(1, "Nghị quyết (cá biệt)", "Resolution (individual)"),
    DocumentKind(2, "Quyết định", "Decision"),
    DocumentKind(3, "Chỉ thị", "Directive"),
    DocumentKind(4, "Quy chế", "Regulation"),
    DocumentKind(5, "Quy định", "Rules"),
    DocumentKind(6, "Thông cáo", "Communiqué"),
    DocumentKind(7, "Thông báo", "Notice"),
    DocumentKind(8, "Hướng dẫn", "Guidance"),
    DocumentKind(9, "Chương trình", "Programme"),
    DocumentKind(10, "Kế hoạch", "Plan"),
    DocumentKind(11, "Phương án", "Scheme"),
    DocumentKind(12, "Đề án", "Proposal"),
    DocumentKind(13, "Dự án", "Project"),
    DocumentKind(14, "Báo cáo", "Report"),
    DocumentKind(15, "Biên bản", "Minutes"),
    DocumentKind(16, "Tờ trình", "Submission"),
    DocumentKind(17, "Hợp đồng", "Contract"),
    DocumentKind(18, "Công văn", "Official letter"),
    DocumentKind(19, "Công điện", "Official telegram"),
    DocumentKind(20, "Bản ghi nhớ", "Memorandum"),
    DocumentKind(21, "Bản cam kết", "Undertaking"),
    DocumentKind(22, "Bản thỏa thuận", "Agreement"),
    DocumentKind(23, "Giấy chứng nhận", "Certificate"),
    DocumentKind(24, "Giấy ủy quyền", "Letter of authorisation"),
    DocumentKind(25, "Giấy mời", "Invitation"),
    DocumentKind(26, "Giấy giới thiệu", "Letter of introduction"),
    DocumentKind(27, "Giấy nghỉ phép", "Leave permit"),
    DocumentKind(28, "Giấy đi đường", "Travel order"),
    DocumentKind(29, "Giấy biên nhận hồ sơ", "Receipt of a dossier"),
    DocumentKind(30, "Phiếu gửi", "Dispatch slip"),
    DocumentKind(31, "Phiếu chuyển", "Transfer slip"),
    DocumentKind(32, "Thư công", "Official correspondence"),
)

_BY_NUMBER: Final = {kind.number: kind for kind in DOCUMENT_KINDS}


def find(number: int) -> DocumentKind | None:
    """Return the type with that number, None where there is none."""
    return _BY_NUMBER.get(number)
