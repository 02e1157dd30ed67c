"""Who may call what: every method of every service, called as everyone. A new method is covered the day it is born."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from decider.refusal import Refusal
from embedded.platform import Platform, PlatformSettings
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpckit.client import connect
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer
from lienthong.access.v1 import rule_pb2
from lienthong.identity.v1 import agency_service_pb2, system_pb2, system_service_pb2
from lienthong_sdk import Addresses, Lienthong

CALLERS = {
    rule_pb2.CALLER_AGENCY: system_pb2.SYSTEM_ROLE_AGENCY,
    rule_pb2.CALLER_OPERATOR: system_pb2.SYSTEM_ROLE_OPERATOR,
    rule_pb2.CALLER_AUDITOR: system_pb2.SYSTEM_ROLE_AUDITOR,
}
HOSTED = {
    "identity": (
        "identity.v1.AgencyService",
        "identity.v1.SystemService",
        "log.v1.LogService",
        "views.v1.ViewsService",
    ),
    "docexchange": (
        "docexchange.v1.AttachmentService",
        "docexchange.v1.DocumentService",
        "docexchange.v1.EdxmlService",
        "docexchange.v1.MailboxService",
        "log.v1.LogService",
        "views.v1.ViewsService",
    ),
}
DENIED = {"CALLER_NOT_ALLOWED", "SCOPE_MISSING"}


def methods() -> list[tuple[str, MethodDescriptor]]:
    pool = descriptor_pool.Default()
    return [
        (host, method)
        for host, names in HOSTED.items()
        for name in names
        for method in pool.FindServiceByName(f"lienthong.{name}").methods
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with asyncio.Runner() as runner:
        platform = Platform(PlatformSettings(tmp_path_factory.mktemp("platform"), port_base=0, drain=0.2))
        runner.run(platform.start())
        yield World(runner, platform, runner.run(_enrolled(platform)))
        runner.run(platform.stop())


class World:
    """A platform, with a system of each kind that holds every scope, and an agency's that holds none."""

    def __init__(self, runner: asyncio.Runner, platform: Platform, signers: dict[str, Signer | None]) -> None:
        self.runner = runner
        self.addresses = platform.addresses
        self.signers = signers

    def answer(self, host: str, method: MethodDescriptor, caller: str) -> str:
        """Return why a call with an empty request is refused; empty when it is not."""
        return self.runner.run(_reason(self.addresses[host], method, self.signers[caller]))


async def _enrolled(platform: Platform) -> dict[str, Signer | None]:
    operator = Signer.from_file(platform.operator_key)
    scopes = sorted({rule.scope for _, method in methods() if (rule := _rule(method)).scope})
    signers: dict[str, Signer | None] = {"nobody": None}
    async with Lienthong(_addresses(platform), operator) as lienthong:
        request = agency_service_pb2.RegisterAgencyRequest(code="H41", display_name="Nghệ An", request_id=_uuid(0))
        position = (await lienthong.agencies.RegisterAgency(request)).position
        wanted = [(rule_pb2.Caller.Name(caller), role, scopes) for caller, role in CALLERS.items()]
        wanted.append(("without scopes", system_pb2.SYSTEM_ROLE_AGENCY, []))
        for number, (name, role, granted) in enumerate(wanted, 1):
            signer = signers[name] = Signer.generate(f"system-{number}")
            agency = "H41" if role == system_pb2.SYSTEM_ROLE_AGENCY else ""
            enrolment = system_service_pb2.EnrolSystemRequest(
                system=signer.system,
                agency=agency,
                display_name=name,
                role=role,
                scopes=granted,
                public_key=signer.public_key,
                after=[position],
                request_id=_uuid(number),
            )
            position = (await lienthong.systems.EnrolSystem(enrolment)).position
    await platform.docexchange.folded(position)
    return signers


def _addresses(platform: Platform) -> Addresses:
    return Addresses(platform.addresses["identity"], platform.addresses["docexchange"])


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _rule(method: MethodDescriptor) -> Any:
    return method.GetOptions().Extensions[rule_pb2.rule]


async def _reason(address: str, method: MethodDescriptor, signer: Signer | None) -> str:
    request = GetMessageClass(method.input_type)()
    answer = GetMessageClass(method.output_type)
    kind = ("stream_" if method.client_streaming else "unary_") + ("stream" if method.server_streaming else "unary")
    name = f"/{method.containing_service.full_name}/{method.name}"
    async with connect(address, signer, timeout=3, retries=NO_RETRIES) as channel:
        make = getattr(channel, kind)
        stub = make(
            name, request_serializer=lambda each: each.SerializeToString(), response_deserializer=answer.FromString
        )
        try:
            called = stub([request] if method.client_streaming else request, timeout=0.7)
            if method.server_streaming:
                async for _ in called:
                    break
            else:
                await called
        except Refusal as refusal:
            return refusal.reason
        except grpc.aio.AioRpcError as error:
            return "" if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED else error.code().name
    return ""


@pytest.mark.parametrize(("host", "method"), methods(), ids=lambda each: getattr(each, "full_name", each))
def test_a_method_lets_in_whom_its_rule_names_and_nobody_else(
    world: World, host: str, method: MethodDescriptor
) -> None:
    rule = _rule(method)
    assert world.answer(host, method, "nobody") == "SIGNATURE_MISSING"
    for caller in CALLERS:
        reason = world.answer(host, method, rule_pb2.Caller.Name(caller))
        assert (reason in DENIED) == (caller not in rule.callers), f"{rule_pb2.Caller.Name(caller)}: {reason}"
    agency_may = rule_pb2.CALLER_AGENCY in rule.callers
    if agency_may:
        reason = world.answer(host, method, "without scopes")
        assert (reason == "SCOPE_MISSING") == bool(rule.scope), reason
