"""The write RPCs: map the request, execute the decision, map the answer.

Commands on which the integrity of the tree or of the operator's access hangs take turns: each is decided on a directory
that contains the one before, so no two of them together make a circle of agencies or lock the operator out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from grpckit.call import current_call
from grpckit.signing import key_id_of
from lienthong.identity.v1 import agency_service_pb2 as agencies_pb
from lienthong.identity.v1 import system_service_pb2 as systems_pb
from lienthong.identity.v1.agency_pb2 import AGENCY_STATE_UNSPECIFIED, Agency, AgencyState
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_OPERATOR, System

from identity_service import agency, system
from identity_service.answering import Answering, intent_of
from identity_service.values import check_public_key, keep_certificate_names, keep_current_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from decider.executor import Done, Executor


class AgencyCommands:
    """The write RPCs of AgencyService."""

    def __init__(self, agencies: Executor[Agency], answering: Answering) -> None:
        self._agencies = agencies
        self._answering = answering
        self._turn = asyncio.Lock()

    async def RegisterAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.RegisterAgencyRequest, context: Any
    ) -> agencies_pb.RegisterAgencyResponse:
        """Register an agency."""
        del context
        keep_current_codes(request, "code", "parent")
        stream = agency.stream_of(request.code)
        done = await self._agencies.create(
            stream,
            lambda state: agency.decide_register(request, state, self._other(request.parent)),
            intent_of(request.request_id),
        )
        return agencies_pb.RegisterAgencyResponse(**await self._answer(stream, done))

    async def RenameAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.RenameAgencyRequest, context: Any
    ) -> agencies_pb.RenameAgencyResponse:
        """Give an agency another name."""
        del context
        keep_current_codes(request, "code")
        answer = await self._change(request, lambda state: agency.decide_rename(request, state))
        return agencies_pb.RenameAgencyResponse(**answer)

    async def MoveAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.MoveAgencyRequest, context: Any
    ) -> agencies_pb.MoveAgencyResponse:
        """Put an agency under another one."""
        del context
        keep_current_codes(request, "code", "parent")
        async with self._turn:
            answer = await self._change(
                request, lambda state: agency.decide_move(request, state, self._other(request.parent))
            )
        return agencies_pb.MoveAgencyResponse(**answer)

    async def MergeAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.MergeAgencyRequest, context: Any
    ) -> agencies_pb.MergeAgencyResponse:
        """Merge an agency into its successor."""
        del context
        keep_current_codes(request, "code", "successor")
        async with self._turn:
            answer = await self._change(
                request, lambda state: agency.decide_merge(request, state, self._other(request.successor))
            )
        return agencies_pb.MergeAgencyResponse(**answer)

    async def SuspendAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.SuspendAgencyRequest, context: Any
    ) -> agencies_pb.SuspendAgencyResponse:
        """Suspend an agency."""
        del context
        keep_current_codes(request, "code")
        answer = await self._change(request, lambda state: agency.decide_suspend(request, state))
        return agencies_pb.SuspendAgencyResponse(**answer)

    async def ResumeAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.ResumeAgencyRequest, context: Any
    ) -> agencies_pb.ResumeAgencyResponse:
        """Let a suspended agency take part again."""
        del context
        keep_current_codes(request, "code")
        return agencies_pb.ResumeAgencyResponse(**await self._change(request, agency.decide_resume))

    async def _change(self, request: Any, decide: Callable[[Agency], Any]) -> dict[str, Any]:
        stream = agency.stream_of(request.code)
        return await self._answer(stream, await self._agencies.execute(stream, decide, intent_of(request.request_id)))

    async def _answer(self, stream: str, done: Done[Agency]) -> dict[str, Any]:
        """Complete the agency with its predecessors: its own stream does not tell those, so they are those of now."""
        position = await self._answering.position(stream, done)
        answered = Agency(predecessors=sorted(self._answering.directory.predecessors(done.state.code)))
        answered.MergeFrom(done.state)
        return {"agency": answered, "position": position}

    def _other(self, code: str) -> agency.Other | None:
        directory = self._answering.directory
        entry = directory.agency(code)
        if entry is None:
            return None
        holder = directory.holder(code)
        return agency.Other(entry.active, frozenset(directory.ancestors(code)), holder.code if holder else code)


class SystemCommands:
    """The write RPCs of SystemService."""

    def __init__(self, systems: Executor[System], answering: Answering, clock: Callable[[], datetime]) -> None:
        self._systems = systems
        self._answering = answering
        self._clock = clock
        self._turn = asyncio.Lock()

    async def EnrolSystem(  # noqa: N802 - the RPC's name
        self, request: systems_pb.EnrolSystemRequest, context: Any
    ) -> systems_pb.EnrolSystemResponse:
        """Enrol a system."""
        del context
        keep_current_codes(request, "agency")
        keep_certificate_names(request)
        check_public_key(request.public_key)
        stream, key_id = system.stream_of(request.system), key_id_of(request.system, request.public_key)
        done = await self._systems.create(
            stream,
            lambda state: system.decide_enrol(request, state, self._agency_state(request.agency), key_id),
            intent_of(request.request_id),
        )
        return systems_pb.EnrolSystemResponse(**await self._answer(stream, done))

    async def ChangeSystemCertificates(  # noqa: N802 - the RPC's name
        self, request: systems_pb.ChangeSystemCertificatesRequest, context: Any
    ) -> systems_pb.ChangeSystemCertificatesResponse:
        """Bind a system to client certificates, or free it."""
        del context
        keep_certificate_names(request)
        async with self._turn:
            answer = await self._change(
                request,
                lambda state: system.decide_certificates(
                    request, state, other_operator=self._other_operator(request.system)
                ),
            )
        return systems_pb.ChangeSystemCertificatesResponse(**answer)

    async def RotateSystemKey(  # noqa: N802 - the RPC's name
        self, request: systems_pb.RotateSystemKeyRequest, context: Any
    ) -> systems_pb.RotateSystemKeyResponse:
        """Give a system a new key."""
        del context
        check_public_key(request.public_key)
        by, key_id, now = _by(), key_id_of(request.system, request.public_key), self._clock()
        answer = await self._change(request, lambda state: system.decide_rotate(request, state, by, key_id, now))
        return systems_pb.RotateSystemKeyResponse(**answer)

    async def RevokeSystemKey(  # noqa: N802 - the RPC's name
        self, request: systems_pb.RevokeSystemKeyRequest, context: Any
    ) -> systems_pb.RevokeSystemKeyResponse:
        """Revoke a key."""
        del context
        by = _by()
        async with self._turn:
            answer = await self._change(
                request,
                lambda state: system.decide_revoke(
                    request, state, by, other_operator=self._other_operator(request.system)
                ),
            )
        return systems_pb.RevokeSystemKeyResponse(**answer)

    async def SuspendSystem(  # noqa: N802 - the RPC's name
        self, request: systems_pb.SuspendSystemRequest, context: Any
    ) -> systems_pb.SuspendSystemResponse:
        """Suspend a system."""
        del context
        async with self._turn:
            answer = await self._change(
                request,
                lambda state: system.decide_suspend(
                    request, state, other_operator=self._other_operator(request.system)
                ),
            )
        return systems_pb.SuspendSystemResponse(**answer)

    async def ResumeSystem(  # noqa: N802 - the RPC's name
        self, request: systems_pb.ResumeSystemRequest, context: Any
    ) -> systems_pb.ResumeSystemResponse:
        """Let a suspended system call again."""
        del context
        return systems_pb.ResumeSystemResponse(**await self._change(request, system.decide_resume))

    async def _change(self, request: Any, decide: Callable[[System], Any]) -> dict[str, Any]:
        stream = system.stream_of(request.system)
        return await self._answer(stream, await self._systems.execute(stream, decide, intent_of(request.request_id)))

    async def _answer(self, stream: str, done: Done[System]) -> dict[str, Any]:
        """Complete the system with the times since which its keys count, which the directory has from the records."""
        position = await self._answering.position(stream, done)
        answered = System()
        answered.CopyFrom(done.state)
        entry = self._answering.directory.system(answered.id)
        enrolled_at = {key.id: key.enrolled_at for key in entry.keys} if entry else {}
        for key in answered.keys:
            key.enrolled_at.FromDatetime(enrolled_at[key.id])
        return {"system": answered, "position": position}

    def _agency_state(self, code: str) -> AgencyState.ValueType:
        entry = self._answering.directory.agency(code)
        return entry.state if entry else AGENCY_STATE_UNSPECIFIED

    def _other_operator(self, but: str) -> bool:
        """Tell whether another system that takes part as the operator's has a key that lasts, without a certificate."""
        others = (each for each in self._answering.directory.systems() if each.id != but and each.active)
        return any(
            each.role == SYSTEM_ROLE_OPERATOR and not each.certificate_names and any(key.lasting for key in each.keys)
            for each in others
        )


def _by() -> system.By:
    call = current_call()
    return system.By(call.system, call.role == SYSTEM_ROLE_OPERATOR)
