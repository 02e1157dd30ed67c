"""Page tokens: opaque, url-safe, bound to the query that gave them.

    base64url( 1 | digest of the query, 16 bytes | JSON of the last row's key | SHA-256 of all before, 4 bytes )

A token is no secret and grants nothing: whoever holds one could as well page there. So the binding is a plain digest,
the same in every replica and after every restart, and what is decoded is checked as strictly as any input.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from decider.refusal import Kind, Refusal

if TYPE_CHECKING:
    from google.protobuf.message import Message

LastKey = tuple[str | int | bytes | None, ...]

_FORM = b"\x01"
_DIGEST = 16
_SUM = 4
_LONGEST = 2_000  # characters
_INTEGERS = 2**63  # what a database column holds
_PAGE_FIELDS = ("after", "page_token", "page_size")


def query_digest(method: str, caller: str, request: Message) -> bytes:
    """Digest what makes a query another one: RPC, caller, and every field but those of paging and waiting."""
    asked = type(request)()
    asked.CopyFrom(request)
    for field in _PAGE_FIELDS:
        if field in asked.DESCRIPTOR.fields_by_name:
            asked.ClearField(field)
    digest = hashlib.sha256()
    for part in (method.encode(), caller.encode(), asked.SerializeToString(deterministic=True)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()[:_DIGEST]


def encode(query: bytes, last_key: LastKey) -> str:
    """Make the token for the page after the row with `last_key`."""
    values = [{"b": value.hex()} if isinstance(value, bytes) else value for value in last_key]
    payload = _FORM + query + json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(payload + _checksum(payload)).rstrip(b"=").decode()


def decode(query: bytes, token: str, *kinds: type) -> LastKey | None:
    """Return the last key of the page before, each value of its kind or None; None for the empty token.

    Refusal INVALID: PAGE_TOKEN_MALFORMED for what this function's counterpart never made, PAGE_TOKEN_FOREIGN for a
    token of another query.
    """
    if not token:
        return None
    payload = _payload(token)
    if payload[1 : 1 + _DIGEST] != query:
        raise _foreign()
    try:
        values = [
            bytes.fromhex(value["b"]) if isinstance(value, dict) else value
            for value in json.loads(payload[1 + _DIGEST :])
        ]
    except (ValueError, KeyError, TypeError):
        raise _malformed() from None
    fits = len(values) == len(kinds) and all(map(_fits, values, kinds))
    if not fits:
        raise _malformed()
    return tuple(values)


def _fits(value: Any, kind: type) -> bool:
    if kind is int and type(value) is int:
        return abs(value) < _INTEGERS
    return value is None or type(value) is kind


def _payload(token: str) -> bytes:
    if len(token) > _LONGEST:
        raise _malformed()
    try:
        sealed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _malformed() from None
    payload, checksum = sealed[:-_SUM], sealed[-_SUM:]
    same = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() == token  # one text for one token
    if not same or payload[:1] != _FORM or len(payload) <= _DIGEST or checksum != _checksum(payload):
        raise _malformed()
    return payload


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()[:_SUM]


def _malformed() -> Refusal:
    return Refusal(
        Kind.INVALID,
        "PAGE_TOKEN_MALFORMED",
        en="This is not a page token. Send back next_page_token unchanged, or leave it out to begin at the first page.",
        vi="Mã trang không hợp lệ. Hãy gửi lại nguyên vẹn next_page_token, hoặc bỏ trống để bắt đầu từ trang đầu.",
        field="page_token",
    )


def _foreign() -> Refusal:
    return Refusal(
        Kind.INVALID,
        "PAGE_TOKEN_FOREIGN",
        en="This is a page token of another query. Keep every other field as it was, or begin at the first page.",
        vi="Mã trang này thuộc một truy vấn khác. Hãy giữ nguyên các trường còn lại, hoặc bắt đầu từ trang đầu.",
        field="page_token",
    )
