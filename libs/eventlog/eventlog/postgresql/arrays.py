"""Arrays in PostgreSQL's binary format, made at once: a batch is a few parameters, not thousands.

Source: src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, flags, element type; size and lower bound; then each
element after its length.
"""

from __future__ import annotations

from itertools import chain, repeat
from struct import Struct, pack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_BYTEA, _BIGINT, _INTEGER, _TEXT = 17, 20, 23, 25
_length = Struct(">i").pack


def bigints(values: Collection[int]) -> bytes:
    """Make a `bigint[]`."""
    count = len(values)
    return _head(_BIGINT, count) + pack(">" + "iq" * count, *chain.from_iterable(zip(repeat(8), values, strict=False)))


def integers(values: Collection[int]) -> bytes:
    """Make an `integer[]`."""
    count = len(values)
    return _head(_INTEGER, count) + pack(">" + "ii" * count, *chain.from_iterable(zip(repeat(4), values, strict=False)))


def texts(values: Sequence[str]) -> bytes:
    """Make a `text[]`."""
    return _of(_TEXT, [value.encode() for value in values])


def blobs(values: Sequence[bytes]) -> bytes:
    """Make a `bytea[]`."""
    return _of(_BYTEA, values)


def _of(kind: int, values: Sequence[bytes]) -> bytes:
    parts = chain.from_iterable((_length(len(value)), value) for value in values)
    return _head(kind, len(values)) + b"".join(parts)


def _head(kind: int, count: int) -> bytes:
    return pack(">iiiii", 1, 0, kind, count, 1)
