"""Base64 decoded piece by piece (RFC 4648, section 4), white space allowed anywhere."""

from binascii import Error, a2b_base64
from typing import Final

from ..errors import MalformedMessageError, violation
from ..reasons import Reason

_WHITE: Final = b" \t\r\n"


class Base64Decoder:
    """Decodes text in pieces of any size; holds back at most three characters."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._rest = b""
        self._padded = False

    def decode(self, text: str) -> bytes:
        """Return the bytes of this piece. Raises `MalformedMessageError` BAD_BASE64."""
        try:
            data = self._rest + text.encode("ascii").translate(None, _WHITE)
            whole = len(data) & ~3
            self._rest = data[whole:]
            decoded = a2b_base64(memoryview(data)[:whole], strict_mode=True)
        except (UnicodeEncodeError, Error):
            raise self._bad() from None
        if data and self._padded:
            raise self._bad()
        self._padded = self._padded or data[whole - 1 : whole] == b"="
        return decoded

    def finish(self) -> None:
        """Tell that no more comes. Raises `MalformedMessageError` BAD_BASE64 where characters are missing."""
        if self._rest:
            raise self._bad()

    def _bad(self) -> MalformedMessageError:
        return MalformedMessageError(violation(self._field, Reason.BAD_BASE64))
