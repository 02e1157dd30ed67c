"""A tour on a platform that runs already, such as one on Kubernetes: known by addresses and its operator's key.

The audit reads the stores where a database is named, and the topics where Kafka is; else what the services tell
operators and auditors.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eventlog.postgresql import log_url
from eventlog.postgresql.address import shown
from eventlog.postgresql.connecting import connect as connect_database
from eventlog.postgresql.connecting import unavailable
from grpckit.client import connect
from grpckit.signing import Signer
from lienthong.identity.v1.agency_service_pb2 import ListAgenciesRequest
from lienthong.identity.v1.agency_service_pb2_grpc import AgencyServiceStub
from lienthong_sdk.client import Addresses
from lienthong_sdk.commands.engines import open_topic

from tour.audit import Audit, Audited, audit
from tour.errors import NotFresh, OtherLog
from tour.served import ServedViews, served_log
from tour.stores import open_stores

if TYPE_CHECKING:
    from eventlog.topic import Topic
    from grpckit.client import Channel

_LOGS: Final = ("identity", "docexchange")


@dataclass(frozen=True)
class Given:
    """Where the platform is; without `database_url` and `kafka` its stores and topics are seen through its services."""

    addresses: Addresses
    operator_key: Path
    database_url: str = ""
    kafka: str = ""


class OnGiven:
    """A `Host` that others run."""

    def __init__(self, given: Given, engines: Mapping[str, str]) -> None:
        self._given = given
        self.engines = engines

    @property
    def addresses(self) -> Addresses:
        """See `Host.addresses`."""
        return self._given.addresses

    @property
    def operator_key(self) -> Path:
        """See `Host.operator_key`."""
        return self._given.operator_key

    async def audit(self, tell: Callable[[str], None]) -> Audit:
        """See `Host.audit`: over connections of its own."""
        given = self._given
        with contextlib.ExitStack() as opened:
            topic = opened.enter_context(open_topic(given.kafka)) if given.kafka else None
            async with contextlib.AsyncExitStack() as connected:
                services = [await self._audited(log, topic, opened, connected) for log in _LOGS]
                return await audit(services, tell)

    async def _audited(
        self,
        log: str,
        topic: Topic | None,
        opened: contextlib.ExitStack,
        connected: contextlib.AsyncExitStack,
    ) -> Audited:
        given = self._given
        channel = await connected.enter_async_context(_connected(given, log))
        served = await served_log(channel)
        if not given.database_url:
            return Audited(served, ServedViews(channel), topic)
        return await asyncio.to_thread(open_stores, given.database_url, log, served.partitions, topic, opened)


@contextlib.asynccontextmanager
async def started(given: Given) -> AsyncIterator[OnGiven]:
    """Give a platform on which nothing has happened; a TourError for another one."""
    for log in _LOGS:
        async with _connected(given, log) as channel:
            found = (await served_log(channel)).log
        if found != log:
            raise OtherLog(getattr(given.addresses, log), log, found)
    async with _connected(given, _LOGS[0]) as channel:
        registered = await AgencyServiceStub(channel).ListAgencies(ListAgenciesRequest(page_size=1))
    if registered.agencies:
        raise NotFresh(given.addresses.identity, registered.agencies[0].code)
    yield OnGiven(given, await asyncio.to_thread(_engines, given))


def _connected(given: Given, log: str) -> Channel:
    signer = Signer.from_file(given.operator_key)
    return connect(getattr(given.addresses, log), signer, tls=given.addresses.tls)


def _engines(given: Given) -> dict[str, str]:
    at = given.addresses
    return {
        "platform": f"identity at {at.identity}, docexchange at {at.docexchange}",
        "database": _database(given.database_url) if given.database_url else "seen through the services",
        "broker": f"Apache Kafka at {given.kafka}" if given.kafka else "not seen",
    }


def _database(url: str) -> str:
    with unavailable(url), connect_database(log_url(url, _LOGS[0])) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')} at {shown(url)}"
