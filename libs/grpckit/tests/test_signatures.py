from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal
from grpckit import admission
from grpckit.errors import refusal_of
from grpckit.signing import NONCE, SIGNATURE, Signer, pre_authentication_encoding, utc_now
from grpckit.verifying import SeenSignatures, Verifier
from hypothesis import given
from hypothesis import strategies as st
from lienthong.identity.v1 import system_pb2
from lienthong.log.v1 import record_pb2
from nacl.signing import VerifyKey


async def test_a_signed_call_is_answered_and_its_caller_known(world: Any) -> None:
    async with world.serving():
        answer = await world.call()
    assert (answer.text, answer.system, answer.agency) == ("xin chào", "h41-qlvb", "H41")


async def test_the_origin_holds_what_a_third_party_needs_to_verify_the_call(world: Any) -> None:
    request = world.request(request_id="0b7c2f6e-6d0e-4d2e-8f4d-0d6a3f1c9b11")
    async with world.serving():
        origin = (await world.call(request=request)).origin
    proof = origin.signature
    assert origin.method == "/grpckit.echo.v1.EchoService/Echo"
    assert origin.request_id == request.request_id
    assert (origin.system, origin.agency, proof.key_id) == ("h41-qlvb", "H41", world.signer.key_id)
    assert proof.payload == request.SerializeToString()
    assert "message=grpckit.echo.v1.EchoRequest; key=" in proof.payload_type
    encoded = pre_authentication_encoding(proof.payload_type, proof.payload)
    VerifyKey(world.signer.public_key).verify(encoded, proof.signature)


def test_the_pre_authentication_encoding_is_that_of_dsse() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"  # the vector of the specification
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == expected


async def test_an_unknown_key_is_refused(world: Any) -> None:
    async with world.serving():
        refusal = await world.refusal(signer=Signer.generate("nobody"))
    assert (refusal.kind, refusal.reason) == (Kind.UNAUTHENTICATED, "KEY_UNKNOWN")


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"system_active": False}, Kind.FORBIDDEN, "SYSTEM_SUSPENDED"),
        ({"agency_active": False}, Kind.FORBIDDEN, "AGENCY_SUSPENDED"),
        ({"revoked": True}, Kind.UNAUTHENTICATED, "KEY_REVOKED"),
        ({"valid_until": utc_now() - timedelta(seconds=1)}, Kind.UNAUTHENTICATED, "KEY_EXPIRED"),
        ({"public_key": Signer.generate("other").public_key}, Kind.UNAUTHENTICATED, "SIGNATURE_WRONG"),
        ({"role": system_pb2.SYSTEM_ROLE_AUDITOR}, Kind.FORBIDDEN, "CALLER_NOT_ALLOWED"),
        ({"role": system_pb2.SYSTEM_ROLE_UNSPECIFIED}, Kind.FORBIDDEN, "CALLER_NOT_ALLOWED"),
    ],
)
async def test_an_enrolment_that_does_not_allow_the_call_is_refused(
    world: Any, changes: dict[str, Any], kind: Kind, reason: str
) -> None:
    world.keys.enrol(world.signer, **changes)
    async with world.serving():
        refusal = await world.refusal()
    assert (refusal.kind, refusal.reason) == (kind, reason)
    assert refusal.en != refusal.vi


async def test_a_key_with_an_end_in_the_future_is_taken(world: Any) -> None:
    world.keys.enrol(world.signer, valid_until=utc_now() + timedelta(minutes=1))
    async with world.serving():
        assert await world.call()


@pytest.mark.parametrize(("minutes", "word"), [(-2, "before"), (2, "after")])
async def test_a_clock_that_is_off_is_refused_and_told_the_servers_time(world: Any, minutes: int, word: str) -> None:
    def wrong() -> datetime:
        return utc_now() + timedelta(minutes=minutes)

    async with world.serving():
        refusal = await world.refusal(clock=wrong)
    assert refusal.reason == "CLOCK_OFF"
    difference = float(refusal.metadata["difference_seconds"])
    assert abs(difference - minutes * 60) < 5  # the call itself takes its time
    assert f"{abs(difference):.1f} s {word} the server's time" in refusal.en
    assert datetime.fromisoformat(refusal.metadata["server_time"]) - utc_now() < timedelta(seconds=5)


async def test_the_tolerance_of_the_clock_is_a_setting(world: Any) -> None:
    async with world.serving(settings={"clock_tolerance": 300}):
        assert await world.call(clock=lambda: utc_now() - timedelta(minutes=2))


async def reason_of(world: Any, method: str, body: bytes, metadata: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.raw(method, body, metadata)
    refusal = refusal_of(caught.value)
    assert refusal is not None
    return refusal.reason


async def test_an_altered_body_is_refused(world: Any) -> None:
    async with world.serving():
        metadata = world.signed("Echo", world.request().SerializeToString())
        assert await reason_of(world, "Echo", world.request("khác").SerializeToString(), metadata) == "SIGNATURE_WRONG"


async def test_a_signature_for_another_method_is_refused(world: Any) -> None:
    body = world.request().SerializeToString()
    async with world.serving():
        assert await reason_of(world, "Echo", body, world.signed("Write", body)) == "SIGNATURE_WRONG"


@pytest.mark.parametrize(
    ("name", "value"), [("lienthong-time", "2026-01-01T00:00:00.000Z"), (NONCE, "0" * 32), (SIGNATURE, bytes(64))]
)
async def test_altered_metadata_is_refused(world: Any, name: str, value: Any) -> None:
    body = world.request().SerializeToString()
    moment = datetime.fromisoformat("2026-01-01T00:00:30+00:00")
    async with world.serving(clock=lambda: moment):
        entries = dict(world.signed("Echo", body)) | {"lienthong-time": "2026-01-01T00:00:01.000Z", name: value}
        assert await reason_of(world, "Echo", body, tuple(entries.items())) == "SIGNATURE_WRONG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lienthong-key-id", "not hexadecimal"),
        ("lienthong-time", "yesterday"),
        ("lienthong-time", "2026-13-01T00:00:00.000Z"),
        (NONCE, "ABC"),
        (SIGNATURE, b"short"),
        (NONCE, None),
        (SIGNATURE, None),
    ],
)
async def test_malformed_metadata_is_refused_and_named(world: Any, name: str, value: Any) -> None:
    body = world.request().SerializeToString()
    async with world.serving():
        entries = dict(world.signed("Echo", body)) | {name: value}
        given = tuple((key, one) for key, one in entries.items() if one is not None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.raw("Echo", body, given)
    refusal = refusal_of(caught.value)
    assert refusal is not None
    assert (refusal.reason, refusal.metadata["entry"]) == ("SIGNATURE_MALFORMED", name)


async def test_an_unsigned_call_is_refused_where_a_signature_is_asked_for(world: Any) -> None:
    async with world.serving(), world.connect_unsigned() as channel:
        with pytest.raises(Refusal) as caught:
            await world.stub(channel).Echo(world.request())
    assert caught.value.reason == "SIGNATURE_MISSING"


async def test_a_replayed_call_is_refused(world: Any) -> None:
    body = world.request().SerializeToString()
    async with world.serving():
        metadata = world.signed("Echo", body)
        assert await world.raw("Echo", body, metadata)
        assert await reason_of(world, "Echo", body, metadata) == "CALL_REPLAYED"


async def test_the_same_request_signed_again_is_taken_and_has_the_same_fingerprint(world: Any) -> None:
    async with world.serving():
        first, second = await world.call(), await world.call()
        other = await world.call(request=world.request("khác"))
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert len(first.fingerprint) == 32


async def test_calls_beyond_what_can_be_remembered_are_refused_for_now(world: Any) -> None:
    async with world.serving(settings={"max_remembered": 2}):
        await world.call()
        await world.call()
        refusal = await world.refusal(timeout=1)
    assert (refusal.kind, refusal.reason) == (Kind.BUSY, "TOO_MANY_CALLS")
    assert refusal.retry_after is not None


def test_a_signature_is_forgotten_once_its_time_is_out_of_tolerance() -> None:
    now, minute = utc_now(), timedelta(minutes=1)
    seen = SeenSignatures(limit=1)
    seen.add(b"a", now + minute, now)
    with pytest.raises(Refusal):
        seen.add(b"b", now + minute, now)
    seen.add(b"b", now + 3 * minute, now + 2 * minute)


async def test_an_enrolment_still_on_its_way_is_waited_for(world: Any) -> None:
    late = Signer.generate("late")

    async def settle(positions: Any) -> None:
        assert [one.position for one in positions] == [7]
        world.keys.enrol(late)

    after = [record_pb2.Position(log="identity", position=7), record_pb2.Position(log="dossier", position=1)]
    async with world.serving(settle_keys=settle):
        assert (await world.call(request=world.request(after=after), signer=late)).system == "late"


async def test_a_key_that_stays_unknown_is_refused_after_the_wait(world: Any) -> None:
    async def settle(positions: Any) -> None:
        del positions

    after = [record_pb2.Position(log="identity", position=7)]
    async with world.serving(settle_keys=settle):
        request = world.request(after=after)
        assert (await world.refusal(request=request, signer=Signer.generate("x"))).reason == "KEY_UNKNOWN"
        assert (await world.refusal(signer=Signer.generate("x"))).reason == "KEY_UNKNOWN"


async def never(positions: Any) -> None:
    del positions
    await asyncio.sleep(60)


async def test_the_wait_for_an_enrolment_is_short(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_SETTLE_SECONDS", 0.05)
    request = world.request(after=[record_pb2.Position(log="identity", position=7)])
    async with world.serving(settle_keys=never):
        assert (await world.refusal(request=request, signer=Signer.generate("x"))).reason == "KEY_UNKNOWN"


async def test_only_so_many_calls_wait_for_an_enrolment(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_SETTLE_CALLS", 0)
    request = world.request(after=[record_pb2.Position(log="identity", position=7)])
    async with world.serving(settle_keys=never):
        refusal = await world.refusal(request=request, signer=Signer.generate("x"), timeout=0.5)
    assert (refusal.kind, refusal.reason) == (Kind.BUSY, "TOO_MANY_WAITING")


NAMES = ("lienthong-key-id", "lienthong-time", NONCE, SIGNATURE)
ANYTHING = st.text(max_size=40) | st.binary(max_size=70) | st.from_regex(r"[0-9a-f]{32}", fullmatch=True)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.binary(min_size=64, max_size=64)))
def test_whatever_the_metadata_holds_it_is_refused_and_nothing_breaks(metadata: dict[str, Any]) -> None:
    verifier = Verifier(utc_now, timedelta(minutes=1), remembered=1)
    with pytest.raises(Refusal) as caught:
        verifier.read(metadata)
    assert caught.value.reason in {"SIGNATURE_MISSING", "SIGNATURE_MALFORMED", "CLOCK_OFF"}
