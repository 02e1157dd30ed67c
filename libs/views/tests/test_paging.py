from __future__ import annotations

import base64

import pytest
from decider.refusal import Refusal
from hypothesis import given
from hypothesis import strategies as st
from lienthong.log.v1.log_service_pb2 import ReadStreamRequest
from views.paging import decode, encode, query_digest

QUERY = query_digest("/a.B/List", "H01", ReadStreamRequest(stream="s"))


@given(st.tuples(st.text(max_size=50), st.integers(1 - 2**63, 2**63 - 1), st.binary(max_size=32)))
def test_a_token_gives_back_the_last_key(last: tuple[str, int, bytes]) -> None:
    assert decode(QUERY, encode(QUERY, last), str, int, bytes) == last


def test_no_token_is_the_first_page() -> None:
    assert decode(QUERY, "", str) is None


@pytest.mark.parametrize(
    "other",
    [
        query_digest("/a.B/Other", "H01", ReadStreamRequest(stream="s")),
        query_digest("/a.B/List", "H02", ReadStreamRequest(stream="s")),
        query_digest("/a.B/List", "H01", ReadStreamRequest(stream="t")),
    ],
)
def test_a_token_of_another_query_is_refused(other: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        decode(QUERY, encode(other, ("a",)), str)
    assert refused.value.reason == "PAGE_TOKEN_FOREIGN"


def test_the_size_of_pages_may_change_on_the_way() -> None:
    assert query_digest("/a.B/List", "H01", ReadStreamRequest(stream="s", page_size=9)) == QUERY


@given(st.text(max_size=80))
def test_any_text_is_refused(token: str) -> None:
    if token:
        with pytest.raises(Refusal, match="PAGE_TOKEN_MALFORMED"):
            decode(QUERY, token, str)


def test_a_token_changed_anywhere_is_refused() -> None:
    token = encode(QUERY, ("abc", 5))
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for at in range(len(raw)):
        changed = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]])
        with pytest.raises(Refusal, match="PAGE_TOKEN"):
            decode(QUERY, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), str, int)
    for wrong in (token[:-1], token + "=", token + "A", "x" * 3000):
        with pytest.raises(Refusal, match="PAGE_TOKEN_MALFORMED"):
            decode(QUERY, wrong, str, int)


def test_a_key_of_other_kinds_is_refused() -> None:
    with pytest.raises(Refusal, match="PAGE_TOKEN_MALFORMED"):
        decode(QUERY, encode(QUERY, ("abc",)), int)


@pytest.mark.parametrize("value", [2**63, -(2**63)])
def test_a_number_that_no_column_holds_is_refused(value: int) -> None:
    with pytest.raises(Refusal, match="PAGE_TOKEN_MALFORMED"):
        decode(QUERY, encode(QUERY, (value,)), int)
