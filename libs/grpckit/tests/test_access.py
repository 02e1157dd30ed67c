from __future__ import annotations

import importlib
from typing import Any

import pytest
from decider.refusal import Kind
from grpckit.access import MissingAccessRule, rules_of
from grpckit.server import Server
from grpckit.signing import Signer
from lienthong.access.v1 import rule_pb2
from lienthong.identity.v1 import agency_service_pb2, system_pb2


def test_a_server_with_a_method_without_a_valid_rule_is_not_built(world: Any, generated: Any) -> None:
    assert generated
    faulty: Any = importlib.import_module("faulty_pb2_grpc")
    service = (faulty.add_FaultyServiceServicer_to_server, faulty.FaultyServiceServicer())
    with pytest.raises(MissingAccessRule) as caught:
        Server([service], world.keys)
    faults = {name.rpartition("/")[2]: fault for name, fault in caught.value.faults.items()}
    assert faults == {
        "Without": "has no option (lienthong.access.v1.rule)",
        "WithoutCaller": "names no caller",
        "UnspecifiedCaller": "names CALLER_UNSPECIFIED or a caller this program does not know",
        "WithoutSignature": "does not say whether the call must be signed",
        "UnsignedAgency": "names callers that only a signature can tell apart, and asks for none",
        "UnsignedScope": "asks an unsigned caller for a scope or an assurance level",
    }
    assert all(name in str(caught.value) for name in caught.value.faults)


def test_every_method_of_a_service_has_its_rule() -> None:
    service = agency_service_pb2.DESCRIPTOR.services_by_name["AgencyService"]
    rules = rules_of([service])
    assert len(rules) == len(service.methods)
    rule = rules["/lienthong.identity.v1.AgencyService/RegisterAgency"]
    assert rule.signed
    assert rule.callers == {rule_pb2.CALLER_OPERATOR}


async def test_a_caller_of_another_role_is_told_whom_the_method_is_for(world: Any) -> None:
    world.keys.enrol(world.signer, role=system_pb2.SYSTEM_ROLE_AUDITOR)
    async with world.serving():
        refusal = await world.refusal("Write")
    assert (refusal.kind, refusal.reason) == (Kind.FORBIDDEN, "CALLER_NOT_ALLOWED")
    assert refusal.en == "This method is for agencies, the operator only."
    assert "đơn vị vận hành" in refusal.vi


async def test_a_missing_scope_is_named(world: Any) -> None:
    async with world.serving():
        refusal = await world.refusal("Write")
    assert (refusal.reason, refusal.metadata) == ("SCOPE_MISSING", {"scope": "echo.write"})


async def test_a_system_with_the_scope_may_call(world: Any) -> None:
    world.keys.enrol(world.signer, scopes=frozenset({"echo.write"}))
    async with world.serving():
        assert await world.call("Write")


async def test_a_method_for_authenticated_persons_takes_no_system_alone(world: Any) -> None:
    async with world.serving():
        assert (await world.refusal("Decide")).reason == "PERSON_NOT_PROVEN"


async def test_a_method_for_anyone_takes_unsigned_calls_of_nobody(world: Any) -> None:
    async with world.serving(), world.connect_unsigned() as channel:
        answer = await world.stub(channel).Greet(world.request())
    assert (answer.system, answer.agency) == ("", "")
    assert not answer.origin.HasField("signature")


async def test_refusals_are_counted_by_reason_method_and_proven_system(world: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "grpckit")
    async with world.serving():
        await world.refusal("Write", world.request("bí mật"))
    assert [(one.reason, one.method, one.system, one.peer) for one in world.refused] == [
        ("SCOPE_MISSING", "/grpckit.echo.v1.EchoService/Write", "h41-qlvb", "")
    ]
    assert caplog.records[0].reason == "SCOPE_MISSING"
    assert "bí mật" not in caplog.text


async def test_of_a_caller_who_proves_nothing_the_log_tells_from_where_the_call_came(world: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "grpckit")
    async with world.serving():
        await world.refusal("Write", signer=Signer.generate("nobody"))
    [refused] = world.refused
    assert (refused.reason, refused.system) == ("KEY_UNKNOWN", "")
    assert refused.peer.startswith("ipv4:127.0.0.1:")
    assert refused.peer in caplog.text
    assert caplog.records[0].peer == refused.peer
