"""What was published must be in the log before it takes anything new.

A log that was restored to an earlier point is shorter than its topic. Positions beyond its end were given out,
published and followed; given out again they would name other facts: two histories. So such a log is not served until
what is missing has come back from the topic (`eventlog.postgresql.recovering`, docs/adr/0019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.errors import BehindTopic

if TYPE_CHECKING:
    from eventlog.store import Store
    from eventlog.topic import Topic


def must_have_what_was_published(store: Store, topic: Topic) -> None:
    """Raise BehindTopic when the topic has records that the store lacks; StoreUnavailable when either is away.

    A late repeat at the very end of a topic on Kafka makes it look shorter than it is: `Topic.heads`.
    """
    published = topic.heads(store.log, store.partitions)  # first: what is appended meanwhile may be published too
    for partition, (size, there) in enumerate(zip(store.heads(), published, strict=True)):
        if there > size:
            raise BehindTopic(store.log, partition, size, there)
