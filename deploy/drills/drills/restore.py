"""The database is lost, and comes back as it was before the end of the topics (docs/adr/0019).

What must hold: whoever survived the loss appends nothing to the shorter log; nothing is served before the log has back
what was published; then every acknowledged command whose record had been published stands where it was told, and sent
again gets its first answer.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence

import grpc
from decider.refusal import Kind, Refusal
from distributed.errors import NotStarted
from distributed.platform import LOGS
from lienthong.identity.v1 import agency_service_pb2

from drills import backup, papers
from drills.finding import Found, must
from drills.ledger import Answered, Ledger
from drills.site import Site
from drills.steps import Steps
from drills.watching import gets_its_first_answer

_POINT = "drill"
_REPEATED = 40  # acknowledged commands of each log that are sent again
_STILL_SECONDS = 3.0
_LATE_SECONDS = 2.0  # in which what was on its way to Kafka still comes
Ends = Mapping[str, Sequence[int]]


async def restore(site: Site, steps: Steps) -> None:
    """Back up under load, lose the database, restore an earlier point, recover from the topics, go on."""
    platform, base = site.platform, site.folder / "base"
    await site.under_load()
    with steps.step("base backup of PostgreSQL under load"):
        await asyncio.to_thread(backup.base_backup, platform.postgresql, base)
    await site.under_load()
    with steps.step("WAL archived up to the restore point"):
        await asyncio.to_thread(backup.restore_point, platform.postgresql, _POINT)
    await site.under_load()
    ends = await _lose(site, steps)
    with steps.step("database restored to the point"):
        await _restore(site)
    short = await asyncio.to_thread(site.heads)
    steps.found("records that the log lacks and the topics have", _missing(short, ends))
    must(_missing(short, ends), "the restored logs lack nothing: the drill was too short")
    with steps.step("replicas that survived append nothing"):
        await _survivors_append_nothing(site, short)
    with steps.step("replicas that start are refused with the remedy"):
        await _refused(site)
    for log in LOGS:
        with steps.step(f"lienthong log recover {log}"):
            await site.command("log", "recover", log)
    must(await asyncio.to_thread(site.heads) == ends, "the logs do not end where their topics do")
    with steps.step("services started"):
        await platform.start("identity", "docexchange-1", "docexchange-2")
    with steps.step("acknowledged commands asked again"):
        await _judge(site, steps, ends)
    await site.watch.load.stop()
    with steps.step("a new load, and the audit of the whole"):
        await site.begin_again()
        await site.under_load()
        steps.found("audit", await site.audit())


async def _lose(site: Site, steps: Steps) -> Ends:
    """Lose the database with everything in it; return where the topics end."""
    await asyncio.to_thread(backup.lose, site.platform.postgresql, site.folder)
    await site.watch.load.halt()
    await asyncio.sleep(_LATE_SECONDS)
    ends = await asyncio.to_thread(site.published)
    steps.found("acknowledged before the loss", site.acknowledged())
    return ends


async def _restore(site: Site) -> None:
    platform, into = site.platform, site.folder.with_name("restored")
    base = site.folder / "base"
    server = backup.restored(platform.postgresql, site.folder, base, _POINT, into)
    platform.postgresql.stop()
    await asyncio.to_thread(server.start)
    platform.postgresql = server
    shutil.rmtree(base)


async def _survivors_append_nothing(site: Site, short: Ends) -> None:
    command = papers.command(
        "agencies", "RegisterAgency", agency_service_pb2.RegisterAgencyRequest, code="H99", display_name="Cơ quan H99"
    )
    end = asyncio.get_running_loop().time() + _STILL_SECONDS
    while asyncio.get_running_loop().time() < end:
        try:
            answer = await command.call(site.watch.load.operator)
        except Refusal as refusal:
            must(refusal.kind is Kind.UNAVAILABLE, f"a survivor refused with {refusal.reason}")
        except grpc.aio.AioRpcError as error:
            must(error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}, error)
        else:
            raise Found(f"a survivor gave out a position again: {answer.position}")
        await asyncio.sleep(0.2)
    must(await asyncio.to_thread(site.heads) == short, "a survivor appended to a log that was shorter than it knew")


async def _refused(site: Site) -> None:
    """Stop everything, start it, and see it refused; what the survivors told is kept apart: it was right to tell it."""
    site.platform.kill()
    for name in ("identity", "docexchange-1", "docexchange-2"):
        process = site.platform.processes[name]
        process.err.replace(process.err.with_suffix(".survivor"))
        process.spawn()
        try:
            await process.ready()
        except NotStarted as refused:
            must("run `lienthong log recover" in refused.reason, f"{name} ended without the remedy: {refused.reason}")
        else:
            raise Found(f"{name} serves a log that lacks what its topic has")
        process.kill()
        process.err.unlink()


async def _judge(site: Site, steps: Steps, ends: Ends) -> None:
    """See that what was published is there; count what was acknowledged and never published: it is lost."""
    lost = 0
    for ledger in (site.watch.load.identity, site.watch.load.docexchange):
        kept = [each for each in ledger.acknowledged.values() if each.position < ends[ledger.log][each.partition]]
        lost += len(ledger.acknowledged) - len(kept)
        for each in _sample(ledger, kept):
            await gets_its_first_answer(each)
    steps.found("acknowledged and lost: not in the backup, nor published", lost)


def _sample(ledger: Ledger, kept: Sequence[Answered]) -> Sequence[Answered]:
    """Choose the last ones, which came back from the topic, and must be known with their requests."""
    must(kept, f"nothing of {ledger.log} was acknowledged")
    return kept[-_REPEATED:]


def _missing(short: Ends, ends: Ends) -> int:
    return sum(sum(ends[log]) - sum(short[log]) for log in LOGS)
