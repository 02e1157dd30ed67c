"""Every method, called by everyone: it answers exactly those whom its rule in the proto names."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, cast

import grpc
import pytest
from decider.refusal import Kind
from google.protobuf import descriptor_pool
from google.type.date_pb2 import Date
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpckit.signing import Signer
from lienthong.access.v1 import rule_pb2
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AUDITOR

SERVICES = ("lienthong.identity.v1.AgencyService", "lienthong.identity.v1.SystemService", "lienthong.log.v1.LogService")
METHODS = {
    method.name: method for name in SERVICES for method in descriptor_pool.Default().FindServiceByName(name).methods
}
AGENCY, AUDITOR = Signer.generate("s01-qlvb"), Signer.generate("auditor")
CALLERS = {
    "nobody": rule_pb2.CALLER_UNSPECIFIED,
    "agency": rule_pb2.CALLER_AGENCY,
    "auditor": rule_pb2.CALLER_AUDITOR,
    "operator": rule_pb2.CALLER_OPERATOR,
}


@pytest.fixture(scope="module")
def known(identity: Any, loop: asyncio.AbstractEventLoop) -> Any:
    """Identity with one system of every kind."""

    async def prepare() -> None:
        await identity.register("S01")
        await identity.enrol(AGENCY, agency="S01")
        await identity.enrol(AUDITOR, role=SYSTEM_ROLE_AUDITOR)

    loop.run_until_complete(prepare())
    return identity


def fields(rpc: str) -> dict[str, Any]:
    """Fill a request so that only access decides; what it names is unknown, so nothing comes of it."""
    of = {
        "code": "T01",
        "display_name": "?",
        "successor": "T02",
        "legal_basis": "?",
        "effective_date": Date(year=2025, month=7, day=1),
        "reason": "?",
        "system": "nobody-has-this",
        "role": SYSTEM_ROLE_AUDITOR,
        "agency": "T03" if rpc == "EnrolSystem" else "",
        "parent": "T03" if rpc == "RegisterAgency" else "",
        "public_key": Signer.generate("x").public_key,
        "key_id": uuid.uuid4().hex,
        "stream": "agency-T01",
        "partition": 0,
    }
    return {name: value for name, value in of.items() if name in METHODS[rpc].input_type.fields_by_name}


async def outcome(known: Any, rpc: str, caller: str) -> str:
    """Return why access was denied, or "" when it was not."""
    signers = {"agency": AGENCY, "auditor": AUDITOR, "operator": known.operator}
    try:
        await known.call(rpc, signers.get(caller), unsigned=caller == "nobody", **fields(rpc))
    except Exception as error:  # noqa: BLE001 - whatever else is refused was let in first
        denied = getattr(error, "reason", repr(error))
        return denied if denied in ("SIGNATURE_MISSING", "CALLER_NOT_ALLOWED") else ""
    return ""


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("rpc", METHODS)
async def test_a_method_answers_exactly_those_whom_its_rule_names(known: Any, rpc: str, caller: str) -> None:
    rule = METHODS[rpc].GetOptions().Extensions[rule_pb2.rule]
    denied = "SIGNATURE_MISSING" if caller == "nobody" else "CALLER_NOT_ALLOWED"
    assert await outcome(known, rpc, caller) == ("" if CALLERS[caller] in rule.callers else denied)


async def test_anyone_may_ask_for_health_and_for_the_contract(known: Any) -> None:
    async with grpc.aio.insecure_channel(known.app.address) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        checks = [health_pb2.HealthCheckRequest(service=name) for name in ("", "lienthong.identity.v1.AgencyService")]
        answers = [await health.Check(check) for check in checks]
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
        request = cast("Any", reflection_pb2).ServerReflectionRequest(list_services="")
        (contract,) = [each async for each in reflection.ServerReflectionInfo(iter([request]))]
    assert {answer.status for answer in answers} == {health_pb2.HealthCheckResponse.SERVING}
    assert "lienthong.identity.v1.SystemService" in str(contract)


async def test_a_system_does_not_touch_the_keys_of_another(known: Any) -> None:
    key = Signer.generate("auditor")
    refusals = [
        await known.refusal("RotateSystemKey", AGENCY, system="auditor", public_key=key.public_key),
        await known.refusal("RevokeSystemKey", AGENCY, system="auditor", key_id=AUDITOR.key_id, reason="?"),
        await known.refusal("RevokeSystemKey", AUDITOR, system="operator", key_id=known.operator.key_id, reason="?"),
    ]
    assert [(each.kind, each.reason) for each in refusals] == [(Kind.FORBIDDEN, "NOT_OWN_KEY")] * 3
