"""Cursors of subscriptions: for each agency code, how far each partition has been given.

Text: base64url of JSON `[[positions, [codes...]], ...]`. A cursor is no secret: what it lets its holder read is decided
by the call that carries it.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Mapping

from decider.refusal import Kind, Refusal

Cursor = Mapping[str, tuple[int, ...]]


def encode(cursor: Cursor) -> str:
    """Write a cursor."""
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for code, positions in cursor.items():
        groups[positions].append(code)
    text = json.dumps([[positions, codes] for positions, codes in groups.items()], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str, partitions: int) -> Cursor:
    """Read a cursor; empty text is the beginning. Refuses what `encode` has not written."""
    if not text:
        return {}
    try:
        groups = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        cursor = {str(code): tuple(positions) for positions, codes in groups for code in codes}
        sound = all(
            len(positions) == partitions and all(type(each) is int and each >= 0 for each in positions)
            for positions in cursor.values()
        )
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise Refusal(
            Kind.INVALID,
            "CURSOR_MALFORMED",
            field="cursor",
            en="This is no cursor of this platform. Send back the last cursor unchanged, or none to begin again.",
            vi="Con trỏ không hợp lệ. Hãy gửi lại nguyên vẹn con trỏ cuối cùng, hoặc bỏ trống để bắt đầu lại.",
        )
    return cursor
