"""The audit sees through the services what it sees in the stores."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from embedded.platform import Platform, PlatformSettings
from grpckit.client import Channel, connect
from grpckit.signing import Signer
from lienthong.identity.v1.agency_service_pb2 import RegisterAgencyRequest
from lienthong.identity.v1.agency_service_pb2_grpc import AgencyServiceStub
from tour.audit import Audited, audit
from tour.country import request_id
from tour.own_views import OwnViews
from tour.served import ServedViews, served_log

T = TypeVar("T")
AGENCIES = ("G01", "G02", "G03", "H41")


def on_platform(folder: Path, work: Callable[[Platform, Channel], Awaitable[T]]) -> T:
    """Do something on a platform with a few agencies, with the operator's channel to its identity."""

    async def within() -> T:
        async with Platform(PlatformSettings(folder, port_base=0)) as platform:
            signer = Signer.from_file(platform.operator_key)
            async with connect(platform.identity.address, signer) as channel:
                for code in AGENCIES:
                    request = RegisterAgencyRequest(code=code, display_name=f"Agency {code}", request_id=request_id())
                    registered = await AgencyServiceStub(channel).RegisterAgency(request)
                    await platform.identity.views.wait([registered.position])
                return await work(platform, channel)

    return asyncio.run(within())


def test_the_served_log_has_the_records_of_the_store(tmp_path: Path) -> None:
    async def work(platform: Platform, channel: Channel) -> None:
        log = await served_log(channel)
        store = platform.identity.log.store
        assert (log.log, log.partitions, await asyncio.to_thread(log.heads)) == ("identity", 4, list(store.heads()))
        for partition, head in enumerate(store.heads()):
            for position, limit in ((0, head), (0, 1), (1, 2), (head, 5)):
                served = await asyncio.to_thread(log.read, partition, position, limit)
                assert served == list(store.read(partition, position, limit))

    on_platform(tmp_path, work)


def test_a_whole_platform_is_clean_through_its_service(tmp_path: Path) -> None:
    async def work(platform: Platform, channel: Channel) -> None:
        log = await served_log(channel)
        found = await audit([Audited(log, ServedViews(channel), platform.topic)])
        assert found.clean
        assert found.records == sum(platform.identity.log.store.heads()) > len(AGENCIES)

    on_platform(tmp_path, work)


def test_a_row_that_no_record_made_is_found_through_the_service(tmp_path: Path) -> None:
    async def work(platform: Platform, channel: Channel) -> tuple[int, int]:
        own, served = OwnViews(platform.identity.views), ServedViews(channel)
        _spoil(tmp_path / "identity" / "views.sqlite")
        return await asyncio.to_thread(own.differences), await asyncio.to_thread(served.differences)

    assert on_platform(tmp_path, work) == (1, 1)


def _spoil(views: Path) -> None:
    with closing(sqlite3.connect(views)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        [table] = [name for name in names if "agencies" in name]
        done = connection.execute(f"UPDATE {table} SET display_name = 'changed' WHERE code = 'G02'")  # noqa: S608 - its own name
        assert done.rowcount == 1
        connection.commit()
