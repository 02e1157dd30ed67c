"""The full audit: opens a stopped platform's data folder in this process, and holds everything against its logs."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from directory.directory import Directory
from embedded.platform import Platform, PlatformSettings
from eventlog.record import Recorded
from eventlog.store import Store
from tour.audit import Audit, audit
from tour.on_embedded import audited

from tests.fault.mirror import Mirror

_SETTLE_SECONDS = 30.0
_BATCH = 5000
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


def by_partition(store: Store) -> list[list[Recorded]]:
    """Read a whole log."""
    records: list[list[Recorded]] = []
    for partition in range(store.partitions):
        records.append([])
        while batch := store.read(partition, len(records[-1]), _BATCH):
            records[-1] += batch
    return records


def holds_what_was_read(mirror: Mirror | None, records: Sequence[Sequence[Recorded]]) -> None:
    """Check that what clients read of a log stands in it."""
    if mirror is None:
        return
    for partition, digests in enumerate(mirror.digests):
        stored = [hashlib.sha256(each.data).digest() for each in records[partition][: len(digests)]]
        assert stored == digests, f"{mirror.log}/{partition} is not what was read of it"


def _directory_is_a_fold(directory: Directory, store: Store) -> None:
    fresh = Directory()
    for records in by_partition(store):
        for recorded in records:
            fresh.take(recorded)
    assert vars(directory) == vars(fresh)


def stored_attachments(store: Store) -> Mapping[bytes, int]:
    """Return the size by SHA-256 of what the log says was stored, uploaded by itself or in a message."""
    found: dict[bytes, int] = {}
    for records in by_partition(store):
        for recorded in records:
            event: Any = recorded.event
            if recorded.type_name.endswith(".AttachmentStored"):
                found[event.sha256] = event.size
            elif recorded.type_name.endswith((".DocumentSent", ".UpdateProposed")):
                found |= {each.sha256: each.size for each in event.content.attachments}
    return found


def blobs_are_whole(blobs: Path, stored: Mapping[bytes, int]) -> None:
    """Every blob under its name has the bytes that its name says, and none of those the log names is missing."""
    here: dict[bytes, int] = {}
    for path in blobs.rglob("*"):
        name = path.parent.name + path.name
        if not path.is_file() or "#" in path.name:  # what a kill left on its way in has another name than any blob
            continue
        with path.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == name, f"blob {name} has other bytes"
        here[bytes.fromhex(name)] = path.stat().st_size
    missing = {sha256.hex() for sha256, size in stored.items() if here.get(sha256) != size}
    assert not missing, f"the log names files that are not there: {missing}"


def _is_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
