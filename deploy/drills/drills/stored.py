"""What a stopped or idle platform has stored, held against what clients read of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eventlog.record import Recorded
from tour.audit import Log

from drills.finding import must
from drills.mirror import Mirror

_BATCH = 5000


def by_partition(store: Log) -> list[list[Recorded]]:
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
        must(stored == digests, f"{mirror.log}/{partition} is not what was read of it")


def stored_attachments(store: Log) -> Mapping[bytes, int]:
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
            must(hashlib.file_digest(file, "sha256").hexdigest() == name, f"blob {name} has other bytes")
        here[bytes.fromhex(name)] = path.stat().st_size
    missing = {sha256.hex() for sha256, size in stored.items() if here.get(sha256) != size}
    must(not missing, f"the log names files that are not there: {missing}")
