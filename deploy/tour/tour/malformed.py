"""Thirty things that must be refused, each with its reason and the field at fault: messages, calls and signatures.

Nothing of them leaves a trace in any mailbox, which the checks at the end of the day prove.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import grpc
from decider.refusal import Refusal

from tour import malformed_calls as calls
from tour.malformed_calls import Scene, hand_in
from tour.malformed_messages import BAD, Bad, good, good_status

if TYPE_CHECKING:
    from tour.board import Board

Attempt = Callable[[Scene], Awaitable[object]]

_CALLS: Final[tuple[tuple[str, str, str, Attempt], ...]] = (
    ("hash differs", "CONTENT_SHA256_DIFFERS", "description.sha256", calls.other_hash),
    ("size differs", "CONTENT_SIZE_DIFFERS", "description.size", calls.other_size),
    ("the same document again", "DOCUMENT_EXISTS", "content.number", calls.sent_again),
    ("unknown document", "DOCUMENT_UNKNOWN", "document", calls.unknown_document),
    ("another's attachment", "DOCUMENT_UNKNOWN", "sha256", calls.foreign_attachment),
    ("illegal transition", "STATUS_NOT_ALLOWED", "status", calls.illegal_transition),
    ("foreign page token", "PAGE_TOKEN_FOREIGN", "page_token", calls.foreign_page_token),
    ("malformed cursor", "CURSOR_MALFORMED", "cursor", calls.malformed_cursor),
    ("wrong signature", "SIGNATURE_WRONG", "", calls.wrong_signature),
    ("replayed call", "CALL_REPLAYED", "", calls.replayed),
    ("clock off", "CLOCK_OFF", "", calls.clock_off),
    ("revoked key", "KEY_REVOKED", "", calls.revoked_key),
    ("system of a merged agency", "AGENCY_SUSPENDED", "", calls.merged_agency),
)


def _message(bad: Bad, number: int) -> Attempt:
    def attempt(scene: Scene) -> Awaitable[object]:
        message = good_status(scene.now) if bad.status else good(f"M{number}", scene.today)
        return hand_in(scene, bad.spoil(message, scene.today))

    return attempt


CASES: Final[tuple[tuple[str, str, str, Attempt], ...]] = (
    *((bad.name, bad.reason, bad.field, _message(bad, number)) for number, bad in enumerate(BAD)),
    *_CALLS,
)
"""Name, reason, field (empty: none is named), and what makes the platform refuse."""


async def try_all(scene: Scene, board: Board, done: Callable[[int], None]) -> None:
    """Try every case; one that is not refused as it must be goes to the board as a failure."""
    for number, (name, reason, field, attempt) in enumerate(CASES, start=1):
        board.count["malformed_sent"] += 1
        try:
            await attempt(scene)
        except Refusal as refusal:
            fields = [each.field for each in refusal.violations if each.field]
            if refusal.reason == reason and fields == ([field] if field else []):
                board.count["malformed_refused"] += 1
            else:
                board.failed(f"{name}: refused with {refusal.reason} at {fields}, not {reason} at {field or 'nothing'}")
        except (grpc.RpcError, OSError) as error:
            board.failed(f"{name}: not refused but {error}")
        else:
            board.failed(f"{name}: was taken, and must be refused with {reason}")
        done(number)
