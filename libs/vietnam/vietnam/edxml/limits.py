"""How large a message may be. Every limit is checked while reading, before memory is taken."""

from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one message; sizes in bytes, `element_text` in characters.

    `header_bytes` bounds all that is not content of an attachment, and with it the memory that reading takes.
    200 MiB of attachment are 274 MiB of base64 with line breaks: `message_bytes` leaves room for that.
    """

    message_bytes: int = 280 * MEBIBYTE
    attachment_bytes: int = 200 * MEBIBYTE
    header_bytes: int = 4 * MEBIBYTE
    attachments: int = 100
    elements: int = 20_000
    depth: int = 32
    element_text: int = 16_384


DEFAULT_LIMITS: Final = Limits()
