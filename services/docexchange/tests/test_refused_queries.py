"""Queries at fault: page tokens, cursors, positions, days."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.log.v1.record_pb2 import Position

from .agency import Agency, request_of, stub_of
from .documents import content
from .installation import Installation
from .refusing import refused

DAY = Date(year=2026, month=3, day=1)


async def token(agency: Agency) -> str:
    """Return a token of the agency's inbox."""
    sent = [await agency.send(content(), agency) for _ in range(2)]
    page = await agency.call("ListInbox", page_size=1, after=[each.position for each in sent])
    assert page.next_page_token
    return page.next_page_token  # type: ignore[no-any-return]


async def test_a_page_token_is_of_the_same_query_of_the_same_caller(shared: Installation) -> None:
    agency, other = await shared.agency(), await shared.agency()
    given = await token(agency)
    id_ = (await agency.send(content(), agency)).document.id
    foreign = [
        agency.call("ListOutbox", page_token=given),
        agency.call("GetTrace", document=id_, page_token=given),
        agency.call("CountByDay", from_date=DAY, to_date=DAY, page_token=given),
        agency.call("ListInbox", page_token=given, statuses=[d.STATUS_ARRIVED]),
        other.call("ListInbox", page_token=given),
    ]
    for call in foreign:
        await refused(shared, call, "PAGE_TOKEN_FOREIGN", "page_token")
    for bad in ("x", given[:-1], given[:-2] + "AA", "A" * 1000):
        await refused(shared, agency.call("ListInbox", page_token=bad), "PAGE_TOKEN_MALFORMED", "page_token")
    too_long = agency.call("ListInbox", page_token="A" * 1001)
    await refused(shared, too_long, "REQUEST_INVALID", "page_token", "TOO_LONG")
    await refused(shared, agency.call("ListInbox", page_size=1001), "REQUEST_INVALID", "page_size", "OUT_OF_RANGE")
    await refused(shared, agency.call("ListInbox", page_size=-1), "REQUEST_INVALID", "page_size", "OUT_OF_RANGE")
    await refused(shared, agency.call("ListInbox", statuses=[77]), "REQUEST_INVALID", "statuses[0]", "NOT_ALLOWED")


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "ký tự lạ",
        "====",
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        cursor(5),
        cursor({"a": 1}),
        cursor([1]),
        cursor([[[0, 0, 0], ["A01"]]]),
        cursor([[[0, 0, 0, -1], ["A01"]]]),
        cursor([[[0, 0, 0, 0.5], ["A01"]]]),
        cursor([[[0, 0, 0, True], ["A01"]]]),
        cursor([[["0", "0", "0", "0"], ["A01"]]]),
        cursor([[[0, 0, 0, 0], 5]]),
        base64.urlsafe_b64encode(b"[" * 1499).decode(),
    ],
)
async def test_a_cursor_that_is_none_is_refused(shared: Installation, text: str) -> None:
    async def listen() -> None:
        async for _ in shared.bystander.listen(cursor=text):
            pass

    await refused(shared, listen(), "CURSOR_MALFORMED", "cursor")


async def test_positions_are_those_of_a_log_that_is_followed(shared: Installation) -> None:
    agency = await shared.agency()
    for position in (
        Position(log="nobody", partition=0, position=0),
        Position(log="docexchange", partition=99, position=0),
        Position(log="docexchange", partition=0, position=-1),
        Position(log="identity", partition=99, position=0),
    ):
        for rpc, fields in (
            ("ListInbox", {}),
            ("SendDocument", {"content": content(), "recipients": [agency.code]}),
        ):
            call = agency.call(rpc, after=[position], **fields)
            await refused(shared, call, "POSITION_UNKNOWN", "after[0]")


async def test_a_position_that_is_not_reached_ends_with_the_call_s_time(shared: Installation) -> None:
    agency = await shared.agency()
    request = request_of("ListInbox", after=[Position(log="docexchange", partition=0, position=10**9)])
    call = stub_of(agency.channel, "ListInbox")(request, timeout=0.5)
    await refused(shared, call, "POSITION_NOT_REACHED", "after")


async def test_at_most_sixteen_positions_are_waited_for(shared: Installation) -> None:
    positions = [Position(log="docexchange", partition=0, position=0)] * 17
    call = shared.bystander.call("ListInbox", after=positions)
    await refused(shared, call, "REQUEST_INVALID", "after", "TOO_MANY")


@pytest.mark.parametrize("day", [Date(year=2026, month=2, day=30), Date(year=10000, month=1, day=1), Date(year=-1)])
async def test_days_are_of_the_calendar(shared: Installation, day: Date) -> None:
    agency = await shared.agency()
    await refused(shared, agency.call("CountByDay", from_date=day, to_date=DAY), "DATE_INVALID", "from_date")
    await refused(shared, agency.call("CountByDay", from_date=DAY, to_date=day), "DATE_INVALID", "to_date")
    await refused(shared, agency.call("CountByDay", to_date=DAY), "REQUEST_INVALID", "from_date", "REQUIRED_MISSING")
