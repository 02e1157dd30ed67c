"""A replica comes, and all but one go, while agencies go on sending.

What must hold: the new one takes its share of the followers' partitions; those of a replica that ends in order are
taken at once; no call fails that the client's own tries do not save.
"""

from __future__ import annotations

from contextlib import closing

from eventlog.lease import Leases
from eventlog.postgresql import PostgresqlDatabase, log_url

from drills.calls import no_call_fails
from drills.site import Site
from drills.steps import Steps

_LOG = "docexchange"
_SHARES = f"share/views/{_LOG}/"  # of the follower that all views share


async def scale(site: Site, steps: Steps) -> None:
    """Out from two replicas to three, in to one, and out to two again."""
    platform = site.platform
    await site.under_load()
    with no_call_fails(site, steps):
        with steps.step("a third replica started"):
            await platform.restart("docexchange-3")
        with steps.step("it has its share of the partitions"):
            await site.until("three replicas follow", lambda: _followers(site) == 3)
        await site.under_load()
        for name in ("docexchange-2", "docexchange-3"):
            with steps.step(f"{name} stopped in order"):
                await platform.processes[name].stop(site.size.patience)
        with steps.step("the one that is left has every partition"):
            await site.until("one replica publishes and follows", lambda: _alone(site))
        await site.under_load()
        with steps.step("a second replica started"):
            await platform.restart("docexchange-2")
        await site.under_load()
    with steps.step("the audit of the whole"):
        steps.found("audit", await site.audit())


def _followers(site: Site) -> int:
    return len(set(_holders(site, _SHARES).values()))


def _alone(site: Site) -> bool:
    followed, published = _holders(site, _SHARES), _holders(site, "relay/")
    everyone = set(followed.values()) | set(published.values())
    return len(published) == site.partitions and len(everyone) == 1


def _holders(site: Site, prefix: str) -> dict[str, str]:
    """Return who holds each partition."""
    with closing(PostgresqlDatabase(log_url(site.platform.settings.database_url, _LOG))) as database:
        holders = Leases(database).holders(prefix)
    return {name: holder for name, holder in holders.items() if name.removeprefix(prefix).isdigit()}
