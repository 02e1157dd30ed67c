"""Arrays in PostgreSQL's binary format, made at once: a batch is a few parameters, not thousands.

Source: src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, flags, element type; size and lower bound; then each
element after its length.
"""

from __future__ import annotations

from itertools import chain, repeat
from struct import Struct, pack, unpack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BYTEA, _BIGINT, _INTEGER, _TEXT = 17, 20, 23, 25
_HEAD_SIZE = 20
_length, _bigint, _integer = Struct(">i").pack, Struct(">iq").pack, Struct(">ii").pack


def bigints(values: Sequence[int]) -> bytes:
    """Make a `bigint[]`."""
    return _head(_BIGINT, len(values)) + b"".join(map(_bigint, repeat(8), values))


def integers(values: Sequence[int]) -> bytes:
    """Make an `integer[]`."""
    return _head(_INTEGER, len(values)) + b"".join(map(_integer, repeat(4), values))


def texts(values: Sequence[str]) -> bytes:
    """Make a `text[]`."""
    return _of(_TEXT, list(map(str.encode, values)))


def blobs(values: Sequence[bytes]) -> bytes:
    """Make a `bytea[]`."""
    return _of(_BYTEA, values)


def from_bigints(array: bytes | None) -> Iterable[int]:
    """Read a `bigint[]` that holds no NULL; none at all is as good as empty."""
    if array is None:
        return ()
    numbers: tuple[int, ...] = unpack(">" + "4xq" * ((len(array) - _HEAD_SIZE) // 12), array[_HEAD_SIZE:])
    return numbers


def _of(kind: int, values: Sequence[bytes]) -> bytes:
    lengths = map(_length, map(len, values))
    return _head(kind, len(values)) + b"".join(chain.from_iterable(zip(lengths, values, strict=True)))


def _head(kind: int, count: int) -> bytes:
    return pack(">iiiii", 1, 0, kind, count, 1)
