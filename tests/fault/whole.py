"""The full audit: opens a stopped platform's data folder in this process, and holds everything against its logs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from directory.directory import Directory
from drills.mirror import Mirror
from drills.stored import blobs_are_whole, by_partition, holds_what_was_read, stored_attachments
from embedded.platform import Platform, PlatformSettings
from eventlog.store import Store
from tour.audit import Audit, audit
from tour.on_embedded import audited

_SETTLE_SECONDS = 30.0
_FILES = ("topic", "identity/log", "identity/views", "docexchange/log", "docexchange/views", "docexchange/processes")


async def audit_whole(data: Path, mirrors: Mapping[str, Mirror], *, partitions: int = 4) -> Audit:
    """Audit a folder on which nothing runs; AssertionError with what is wrong.

    `mirrors` have what clients read of the logs while it ran, which may be less than is stored, never more or other.
    """
    settings = PlatformSettings(data=data, port_base=0, partitions=partitions, drain=0.2)
    async with Platform(settings) as platform:
        found = await audit(audited(platform))
        assert found.clean, found
        await _everything_follows(platform)
        for name, app in (("identity", platform.identity), ("docexchange", platform.docexchange)):
            records = await asyncio.to_thread(by_partition, app.log.store)
            holds_what_was_read(mirrors.get(name), records)
            assert not app.views.failed
        _directory_is_a_fold(platform.docexchange.directory, platform.identity.log.store)
        stored = stored_attachments(platform.docexchange.log.store)
    await asyncio.to_thread(blobs_are_whole, data / "docexchange" / "blobs", stored)
    assert not list((data / "docexchange" / "spool").iterdir())
    for name in _FILES:
        _is_sound(data / f"{name}.sqlite")
    return found


async def _everything_follows(platform: Platform) -> None:
    """Wait until relays, process and directory have got to the heads of their logs."""
    async with asyncio.timeout(_SETTLE_SECONDS):
        for app in (platform.identity, platform.docexchange):
            store = app.log.store
            while list(platform.topic.heads(store.log, store.partitions)) != list(store.heads()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        process = platform.docexchange._process
        while process.progress.positions != list(platform.docexchange.log.store.heads()):
            assert process.failed is None
            await asyncio.sleep(0.02)
        await platform.docexchange._parts.following.caught_up(platform.identity.log.store.heads())


def _directory_is_a_fold(directory: Directory, store: Store) -> None:
    fresh = Directory()
    for records in by_partition(store):
        for recorded in records:
            fresh.take(recorded)
    assert vars(directory) == vars(fresh)


def _is_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
