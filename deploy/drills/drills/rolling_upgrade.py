"""Replicas are replaced one after the other by those of a newer program, while agencies go on sending.

The newer one has newer versions of all views: its first replica folds them beside those that the older replicas answer
from. The next one is stopped when clients have had the time to find the one before again.

What must hold: no call fails that the client's own tries do not save, and the new views are what the log says.
"""

from __future__ import annotations

import asyncio

from grpckit.client import connect
from grpckit.signing import Signer
from lienthong.views.v1 import views_service_pb2, views_service_pb2_grpc

from drills.calls import no_call_fails
from drills.finding import must
from drills.site import Site
from drills.steps import Steps

NEWER = "drills.newer"
FOUND_AGAIN_SECONDS = 6.0  # a client dials what was away again after 5 s at the most: minReadySeconds of a roll-out


async def rolling_upgrade(site: Site, steps: Steps) -> None:
    """Stop a replica in order, start a newer one in its place; then the next."""
    await site.under_load()
    with no_call_fails(site, steps):
        for name in ("docexchange-1", "docexchange-2"):
            with steps.step(f"{name} stopped in order"):
                await site.platform.processes[name].stop(site.size.patience)
            site.platform.replace(name, NEWER)
            with steps.step(f"{name} started as the newer program"):
                await site.platform.restart(name)
            with steps.step("both serve under load"):
                await asyncio.sleep(FOUND_AGAIN_SECONDS)
                await site.under_load()
    with steps.step("the newer views answer"):
        versions = await _versions(site)
    steps.found("versions of views", sorted(versions))
    must(len(versions) == 1, "some view still answers from the older version")
    with steps.step("the audit of the whole"):
        steps.found("audit", await site.audit())


async def _versions(site: Site) -> set[int]:
    operator = Signer.from_file(site.platform.operator_key)
    async with connect(site.platform.address("docexchange-1"), operator) as channel:
        stub = views_service_pb2_grpc.ViewsServiceStub(channel)
        views = (await stub.ListViews(views_service_pb2.ListViewsRequest())).views
    return {view.version for view in views if view.state == "live"} | {0 for view in views if view.state != "live"}
