"""An agency's system and the operator get new keys, while both go on calling.

What must hold: the earlier key and the new one are both taken meanwhile, so no call is refused; when the time of the
earlier one is over it is refused, and says why.
"""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

from decider.refusal import Refusal
from google.protobuf.duration_pb2 import Duration
from grpckit.signing import Signer
from lienthong.docexchange.v1 import mailbox_service_pb2
from lienthong.identity.v1 import agency_service_pb2, system_service_pb2
from lienthong.log.v1.record_pb2 import Position
from lienthong_sdk import Lienthong

from drills import papers
from drills.calls import no_call_fails
from drills.finding import Found, must
from drills.ledger import Ledger
from drills.site import Site
from drills.steps import Steps

_TIMEOUT = 8.0  # seconds of a call


async def key_rotation(site: Site, steps: Steps) -> None:
    """Rotate both keys, use the new ones, and see the earlier ones end."""
    load, overlap = site.watch.load, timedelta(seconds=2 * site.size.seconds + 3)
    member = load.members[0]
    await site.under_load()
    with no_call_fails(site, steps):
        with steps.step("the system's new key is known to every service"):
            system = f"{member.code.lower()}-qlvb"
            client, position = await _rotated(site, member.client, system, overlap)
            await client.mailbox.ListInbox(mailbox_service_pb2.ListInboxRequest(after=[position]))
        with steps.step("both keys are used under load"):
            await site.under_load()
        earlier, member.client = member.client, client
        await load.resubscribe(member)
        with steps.step("the operator's new key is known"):
            operator, _ = await _rotated(site, load.operator, "operator", overlap)
            await operator.agencies.ListAgencies(agency_service_pb2.ListAgenciesRequest())
        earlier_operator, load.operator = load.operator, operator
        await site.under_load()
    with steps.step("the earlier keys are refused"):
        for each in (earlier, earlier_operator):
            steps.found("refused with", await _ended(each, site.size.patience))
    for old, new in ((earlier, client), (earlier_operator, operator)):
        _sign_with(load.identity, old, new)
        _sign_with(load.docexchange, old, new)
        await old.close()
    with steps.step("the audit of the whole"):
        steps.found("audit", await site.audit())


async def _rotated(site: Site, client: Lienthong, system: str, overlap: timedelta) -> tuple[Lienthong, Position]:
    """Let a system give itself a new key with its present one; return a client that signs with the new one."""
    signer = Signer.generate(system)
    lasts = Duration()
    lasts.FromTimedelta(overlap)
    rotate = papers.command(
        "systems",
        "RotateSystemKey",
        system_service_pb2.RotateSystemKeyRequest,
        system=system,
        public_key=signer.public_key,
        overlap=lasts,
    )
    answer = await site.watch.load.identity.settle(client, rotate)
    must(answer is not None, f"{system} may not rotate its key: {site.watch.load.identity.refused}")
    if system == "operator":
        site.platform.keep_operator_key(signer)
    return Lienthong(site.platform.addresses, signer, timeout=_TIMEOUT), answer.position


async def _ended(client: Lienthong, seconds: float) -> str:
    """Call until the key is refused; return the reason."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await client.agencies.ListAgencies(agency_service_pb2.ListAgenciesRequest())
                await asyncio.sleep(0.5)
    except Refusal as refusal:
        must(refusal.reason == "KEY_EXPIRED", f"an earlier key was refused with {refusal.reason}")
        return refusal.reason
    except TimeoutError:
        raise Found("an earlier key is still taken after its end") from None


def _sign_with(ledger: Ledger, old: Lienthong, new: Lienthong) -> None:
    """Let what was sent with one client be sent again with another: a request is a system's, not a key's."""
    for request_id, answered in ledger.acknowledged.items():
        if answered.client is old:
            ledger.acknowledged[request_id] = dataclasses.replace(answered, client=new)
