"""The read RPCs: map the request, ask the views, map the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grpckit.call import current_call
from lienthong.identity.v1 import agency_service_pb2 as agencies_pb
from lienthong.identity.v1 import system_service_pb2 as systems_pb
from views import paging

from identity_service.reason import Reason, refused
from identity_service.values import keep_current_codes
from identity_service.views import agencies, systems

if TYPE_CHECKING:
    from views.runtime import Views

_PAGE = 100


class AgencyQueries:
    """The read RPCs of AgencyService."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def GetAgency(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.GetAgencyRequest, context: Any
    ) -> agencies_pb.GetAgencyResponse:
        """Read one agency."""
        del context
        keep_current_codes(request, "code")
        found = await self._views.read(lambda connection, tables: agencies.get(connection, tables, request.code))
        if found is None:
            raise refused(Reason.AGENCY_UNKNOWN, "code")
        return agencies_pb.GetAgencyResponse(agency=found)

    async def ListAgencies(  # noqa: N802 - the RPC's name
        self, request: agencies_pb.ListAgenciesRequest, context: Any
    ) -> agencies_pb.ListAgenciesResponse:
        """List agencies in order of code."""
        del context
        keep_current_codes(request, "parent")
        query, last, size = _paging(request)
        found = await self._views.read(
            lambda connection, tables: agencies.page(connection, tables, request.parent, last, size + 1)
        )
        shown = found[:size]
        token = paging.encode(query, (shown[-1].code,)) if len(found) > size else ""
        return agencies_pb.ListAgenciesResponse(agencies=shown, next_page_token=token)


class SystemQueries:
    """The read RPCs of SystemService."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def GetSystem(  # noqa: N802 - the RPC's name
        self, request: systems_pb.GetSystemRequest, context: Any
    ) -> systems_pb.GetSystemResponse:
        """Read one system."""
        del context
        found = await self._views.read(lambda connection, tables: systems.get(connection, tables, request.system))
        if found is None:
            raise refused(Reason.SYSTEM_UNKNOWN, "system")
        return systems_pb.GetSystemResponse(system=found)

    async def ListSystems(  # noqa: N802 - the RPC's name
        self, request: systems_pb.ListSystemsRequest, context: Any
    ) -> systems_pb.ListSystemsResponse:
        """List systems in order of id."""
        del context
        keep_current_codes(request, "agency")
        query, last, size = _paging(request)
        found = await self._views.read(
            lambda connection, tables: systems.page(connection, tables, request.agency, last, size + 1)
        )
        shown = found[:size]
        token = paging.encode(query, (shown[-1].id,)) if len(found) > size else ""
        return systems_pb.ListSystemsResponse(systems=shown, next_page_token=token)


def _paging(request: Any) -> tuple[bytes, str, int]:
    """Return the digest of the query, the last key of the page before ("" for the first) and the page's size.

    What to wait for is no part of the query: a later page may ask without it.
    """
    call = current_call()
    asked = type(request)()
    asked.CopyFrom(request)
    asked.ClearField("after")
    query = paging.query_digest(call.origin.method, call.system, asked)
    last = paging.decode(query, request.page_token, str)
    return query, str(last[0] or "") if last else "", request.page_size or _PAGE
