"""What a drill finds: a platform that did not do what it must."""

from __future__ import annotations


class Found(AssertionError):
    """Something that must hold of a platform does not; the text says what."""


def must(holds: object, what: object) -> None:
    """Raise Found unless it holds."""
    if not holds:
        raise Found(str(what))
