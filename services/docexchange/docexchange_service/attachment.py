"""A file that an agency has uploaded: what proves that it may send it.

Knowing a hash is no right to a file: only who has uploaded its bytes may attach it, and only the parties of a document
that holds it may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from decider.decider import Decider
from lienthong.docexchange.v1 import events_pb2 as e

if TYPE_CHECKING:
    from google.protobuf.message import Message


def stream_of(agency: str, sha256: bytes) -> str:
    """Return the name of a file's stream."""
    return f"attachment-{agency}-{sha256.hex()}"


def decide_store(state: int | None, *, agency: str, sha256: bytes, size: int) -> Sequence[Message]:
    """Note that an agency has uploaded a file; uploaded before: nothing happened."""
    if state is not None:
        return []
    return [e.AttachmentStored(agency=agency, sha256=sha256, size=size)]


def evolve(state: int | None, event: Message) -> int | None:
    """Return the size of the file in bytes; None while it was not uploaded."""
    return event.size if isinstance(event, e.AttachmentStored) else state


ATTACHMENT: Final = Decider[int | None](None, evolve)
