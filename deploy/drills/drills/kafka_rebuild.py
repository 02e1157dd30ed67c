"""Kafka is lost with everything in it: a new, empty cluster is filled from the stores, and nobody sees a gap.

What must hold: services go on deciding while there is no Kafka; relays publish everything again by themselves;
followers of other services' logs drop what they have, and go on. Replicas are restarted only when the topics are whole
again: what one folds at its start it reads from there.
"""

from __future__ import annotations

import asyncio
import shutil

from drills.finding import must
from drills.site import Site
from drills.steps import Steps


async def kafka_rebuild(site: Site, steps: Steps) -> None:
    """Lose Kafka, go on without it, fill a new one, restart the replicas one after the other."""
    platform, load = site.platform, site.watch.load
    await site.under_load()
    with steps.step("Kafka is lost, with all topics"):
        await asyncio.to_thread(platform.kafka.stop)
        shutil.rmtree(site.kafka_folder)
    before = len(load.docexchange.acknowledged)
    with steps.step("documents are exchanged without it"):
        await site.under_load()
    steps.found("acknowledged meanwhile", len(load.docexchange.acknowledged) - before)
    must(len(load.docexchange.acknowledged) > before, "without Kafka nothing was acknowledged")
    with steps.step("a new, empty cluster started"):
        await asyncio.to_thread(platform.kafka.start)
    heads = await asyncio.to_thread(site.heads)
    with steps.step("topics made, and everything published again"):
        await site.until("the topics are whole", lambda: _at_least(site.published(), heads))
    steps.found("records published again", sum(map(sum, heads.values())))
    for name in ("identity", "docexchange-1", "docexchange-2"):
        with steps.step(f"{name} restarted"):
            await platform.processes[name].stop(site.size.patience)
            await platform.restart(name)
    with steps.step("the audit of the whole"):
        await site.under_load()
        steps.found("audit", await site.audit())


def _at_least(found: dict[str, list[int]], wanted: dict[str, list[int]]) -> bool:
    pairs = ((found[log][partition], head) for log, heads in wanted.items() for partition, head in enumerate(heads))
    return all(there >= head for there, head in pairs)
