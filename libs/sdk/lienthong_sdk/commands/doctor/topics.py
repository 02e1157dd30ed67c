"""The topics: that each is there, keeps everything for ever, fits its log, and has what was published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from eventlog.errors import LogError
from eventlog.kafka import TopicUnfit, topic_name

from lienthong_sdk.commands.doctor.finding import Finding, fail, lag, ok, warn

if TYPE_CHECKING:
    from eventlog.kafka import KafkaTopic
    from eventlog.kafka.fitness import Described

HeadsNow = Callable[[str], Sequence[int]]  # of a log, read anew
_COPIES, _IN_SYNC = 3, 2


def examine(topic: KafkaTopic, log: str, heads: Sequence[int], heads_now: HeadsNow) -> Iterator[Finding]:
    """Look at the topic of a log that had these heads; nothing is made or changed."""
    subject = f"topic {topic_name(log)}"
    try:
        described = topic.examine(log)
        if described is None:
            yield fail(
                subject, "there", "is missing", "the service makes it at its start, and publishes everything again"
            )
            return
        topic.check(log, len(heads), described)
        yield ok(subject, "settings", f"{described.partitions} partitions, kept for ever")
        yield from _copies(subject, described)
        yield from _published(subject, log, heads, topic.heads(log, len(heads)), heads_now)
    except TopicUnfit as unfit:
        yield fail(subject, "settings", unfit.reason, unfit.command)
    except LogError as error:
        yield fail(subject, "reachable", str(error), "check LIENTHONG_KAFKA_*, the brokers, and what is between")


def _copies(subject: str, described: Described) -> Iterator[Finding]:
    least = int(described.config.get("min.insync.replicas") or 1)
    found = f"{described.copies} copies, {described.in_sync} in sync, {least} must be"
    if described.in_sync < least:
        yield fail(subject, "copies", f"{found}: nothing can be published", "start the brokers that are away")
    elif described.in_sync < described.copies:
        yield warn(subject, "copies", found, "start the broker that is away, or let it catch up")
    elif described.copies < _COPIES or least < _IN_SYNC:
        yield warn(subject, "copies", found, "in production: 3 brokers, replication 3, min.insync.replicas 2")
    else:
        yield ok(subject, "copies", found)


def _published(
    subject: str, log: str, heads: Sequence[int], ends: Sequence[int], heads_now: HeadsNow
) -> Iterator[Finding]:
    """Compare with heads that are as old as the ends or younger, for the log may go on meanwhile."""
    has = heads if _covers(heads, ends) else heads_now(log)
    if not _covers(has, ends):
        yield fail(
            subject,
            "published",
            f"has records that log {log} lacks: {sum(max(e - h, 0) for h, e in zip(has, ends, strict=True))}",
            f"the log was restored to an earlier point: stop its service, and run `lienthong log recover {log}`",
        )
        return
    behind = sum(head - end for head, end in zip(has, ends, strict=True))
    yield lag(subject, "published", behind, "its relay is late: look again, and read the service's log")


def _covers(heads: Sequence[int], ends: Sequence[int]) -> bool:
    return all(head >= end for head, end in zip(heads, ends, strict=True))
