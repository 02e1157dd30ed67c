"""Checks the single fields of bound dataclasses: length, presence, characters, readable by peers."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from ..errors import VietnamError, Violation, violation
from ..reasons import Reason
from .binding import bindings
from .leaf import Leaf

NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0, section 2.2, does not allow."""


def field_violations(value: object, path: str) -> Iterator[Violation]:
    """Yield what is wrong with the fields of a bound dataclass and of those below it."""
    for binding in bindings(type(value)):
        item, field = getattr(value, binding.attribute), f"{path}.{binding.path}"
        if binding.repeated:
            for index, one in enumerate(item):
                yield from _check(binding.leaf, one, f"{field}[{index}]")
        elif item is not None:
            yield from _check(binding.leaf, item, field)


def text_violations(text: str, field: str, limit: int | None = None) -> Iterator[Violation]:
    """Yield what is wrong with one text; `limit` counts characters as people see them (NFC)."""
    if limit is not None and len(text) > limit and len(unicodedata.normalize("NFC", text)) > limit:
        yield violation(field, Reason.TEXT_TOO_LONG, limit=limit)
    if NOT_XML.search(text):
        yield violation(field, Reason.CHARACTER_NOT_ALLOWED)


def _check(leaf: Leaf | None, item: Any, field: str) -> Iterator[Violation]:
    if leaf is None:
        yield from field_violations(item, field)
        return
    if leaf.required and not item:
        yield violation(field, Reason.REQUIRED)
        return
    try:
        text = leaf.format(item)
        leaf.parse(text)
    except VietnamError as error:
        yield from (problem.at(field) for problem in error.violations)
        return
    yield from text_violations(text, field, leaf.limit)
