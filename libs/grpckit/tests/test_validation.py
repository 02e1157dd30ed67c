from __future__ import annotations

from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpckit.errors import refusal_of
from grpckit.validation import validate
from lienthong.identity.v1 import agency_service_pb2, system_service_pb2


async def test_all_invalid_fields_are_listed_at_once_with_paths_reasons_and_both_languages(world: Any) -> None:
    recipients = [world.messages.Recipient(code=code) for code in ("H41", "bí mật", "")]
    request = world.request(
        "x" * 21,
        recipients=recipients,
        request_id="mật",
        end=2000,
        scopes=["bímật", "bímật"],
        labels={"bímật": "bímật"},
        hash=b"12345",
        wait=Duration(seconds=61),
        kind="bímật",
    )
    async with world.serving():
        refusal = await world.refusal(request=request)
    assert (refusal.kind, refusal.reason) == (Kind.INVALID, "REQUEST_INVALID")
    found = {(one.field, one.reason): one for one in refusal.violations}
    assert set(found) == {
        ("text", "TOO_LONG"),
        ("recipients[1].code", "MALFORMED"),
        ("recipients[2].code", "REQUIRED_MISSING"),
        ("request_id", "NOT_A_UUID"),
        ("end", "OUT_OF_RANGE"),
        ("scopes", "DUPLICATE"),
        ("labels[key]", "TOO_LONG"),
        ("hash", "WRONG_LENGTH"),
        ("wait", "OUT_OF_RANGE"),
        ("kind", "NOT_ALLOWED"),
        ("", "PERIOD_SPAN"),
    }
    assert found["text", "TOO_LONG"].en == "Must be at most 20 characters."
    assert found["text", "TOO_LONG"].vi == "Chỉ được có nhiều nhất 20 ký tự."
    assert found["hash", "WRONG_LENGTH"].vi == "Phải có đúng 4 byte."
    assert found["end", "OUT_OF_RANGE"].vi == "Phải lớn hơn hoặc bằng 0 và nhỏ hơn hoặc bằng 1000."
    assert "60s" in found["wait", "OUT_OF_RANGE"].vi
    assert found["kind", "NOT_ALLOWED"].vi == "Phải là một trong các giá trị a, b."
    everything = f"{refusal.en} {refusal.vi} {refusal.violations}"
    assert "mật" not in everything
    assert "2000" not in everything


async def test_a_rule_of_our_own_speaks_both_languages(world: Any) -> None:
    async with world.serving():
        refusal = await world.refusal(request=world.request(start=5, end=1))
    (violation,) = refusal.violations
    assert violation.reason == "PERIOD_ORDER"
    assert violation.en == "It ends after it starts."
    assert violation.vi == "Ngày kết thúc phải sau ngày bắt đầu."


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (
            agency_service_pb2.MergeAgencyRequest(),
            {"code", "successor", "legal_basis", "effective_date", "request_id"},
        ),
        (
            system_service_pb2.EnrolSystemRequest(),
            {"system", "display_name", "role", "public_key", "request_id"},
        ),
    ],
)
def test_what_is_left_out_is_missing_whatever_rule_asks_for_it(request_: Any, fields: set[str]) -> None:
    with pytest.raises(Refusal) as caught:
        validate(request_)
    assert {one.field for one in caught.value.violations} == fields
    assert {one.reason for one in caught.value.violations} == {"REQUIRED_MISSING"}


async def test_bytes_that_are_no_protobuf_are_refused_naming_the_message(world: Any) -> None:
    body = b"\xff\xff\xff"
    async with world.serving():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.raw("Echo", body, world.signed("Echo", body))
    refusal = refusal_of(caught.value)
    assert refusal is not None
    assert (refusal.kind, refusal.reason) == (Kind.INVALID, "NOT_PROTOBUF")
    assert refusal.metadata == {"expected": "grpckit.echo.v1.EchoRequest"}


async def test_a_message_that_is_too_large_is_refused(world: Any) -> None:
    async with world.serving(), world.connect(max_send_bytes=-1) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.stub(channel).Echo(world.request("x" * 1024 * 1024))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_very_many_violations_still_fit_in_the_metadata_of_any_client(world: Any) -> None:
    recipients = [world.messages.Recipient(code="bad") for _ in range(50)]
    body = world.request(recipients=recipients).SerializeToString()
    async with world.serving():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.raw("Echo", body, world.signed("Echo", body))
    refusal = refusal_of(caught.value)
    assert refusal is not None
    assert len(refusal.violations) + int(refusal.metadata["violations_omitted"]) == 50
    assert len(refusal.violations) >= 10


async def test_the_status_follows_the_conventions_of_google_rpc(world: Any) -> None:
    body = world.request("x" * 21).SerializeToString()
    async with world.serving():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.raw("Echo", body, world.signed("Echo", body))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
    names = [detail.TypeName() for detail in status.details]
    assert names == [
        "google.rpc.ErrorInfo",
        "google.rpc.LocalizedMessage",
        "google.rpc.LocalizedMessage",
        "google.rpc.BadRequest",
    ]
    info = error_details_pb2.ErrorInfo.FromString(status.details[0].value)
    assert (info.domain, info.reason) == ("lienthong", "REQUEST_INVALID")
    assert status.message == caught.value.details()
