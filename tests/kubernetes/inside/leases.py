"""Who holds which lease of a log: told whenever it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from eventlog.lease import Leases
from eventlog.postgresql import PostgresqlDatabase, log_url

_LOOK_SECONDS = 0.2


async def watch_leases(url: str, log: str, tell: Callable[..., Any]) -> None:
    """Tell the holder of each lease by its name, at first and after each change, for ever."""
    leases = Leases(PostgresqlDatabase(log_url(url, log)))
    before: dict[str, str] = {}
    while True:
        now = dict(await asyncio.to_thread(leases.holders, ""))
        if now != before:
            tell(log=log, leases=now)
            before = now
        await asyncio.sleep(_LOOK_SECONDS)
