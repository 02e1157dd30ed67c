"""What goes wrong with a log.

LogError
├── UsageError              the caller broke a port's contract
│   ├── RecordTooLarge          an event does not fit in a record
│   └── UnknownEventType        an event's type is not in this program
├── Refused                 an append that was not made; nothing of it is stored
│   ├── Conflict                the stream is not at the expected version: reload, decide again
│   ├── RequestReused           the request id was used for another request
│   └── QueueFull               the writer has more waiting than it may; come back later
├── WriterClosed            the writer is stopping; the append was not made
├── StoreMismatch           the store belongs to another log, or has another number of partitions
├── StoreUnavailable        the store cannot be written or read now; the append was not made, or not known
│   └── LogWentBack             the log is shorter than this process has seen it: it was restored; start anew
├── BehindTopic             the log lacks records that its topic has: it was restored, or the topic is another's
├── TopicDisagrees          log and topic have different records at one position: there are two histories
├── GapFound                a follower was given a position beyond the next one
├── PositionMoved           another follower of the same name has moved the position: begin again, from where it is now
├── Superseded              a newer program makes this effect: this one stands by
└── LeaseLost               another relay holds the partition: this one must stop
"""

from __future__ import annotations


class LogError(Exception):
    """Any error of the log."""


class UsageError(LogError):
    """The caller broke a port's contract."""


class RecordTooLarge(UsageError):
    """An event with its envelope has `size` bytes, more than `limit`."""

    def __init__(self, stream: str, size: int, limit: int) -> None:
        super().__init__(f"a record of stream {stream} would have {size} bytes; at most {limit} fit")
        self.stream, self.size, self.limit = stream, size, limit


class UnknownEventType(UsageError):
    """An event's type `name` is not in this program: it is older than the log."""

    def __init__(self, name: str) -> None:
        super().__init__(f"event type {name} is not known to this program; run a newer version")
        self.name = name


class Refused(LogError):
    """An append that was not made; nothing of it is stored."""


class Conflict(Refused):
    """The stream is at version `actual`, not at `expected`."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"stream {stream} is at version {actual}, not at {expected}")
        self.stream, self.expected, self.actual = stream, expected, actual


class RequestReused(Refused):
    """The request id was used before, for another request or by another system."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"request id {request_id} was used for another request")
        self.request_id = request_id


class QueueFull(Refused):
    """The writer has `waiting` appends before it, as many as it may."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} appends are waiting already")
        self.waiting = waiting


class WriterClosed(LogError):
    """The writer is stopping; the append was not made."""


class StoreMismatch(LogError):
    """The store was made for something else; `field`, `stored`, `wanted`."""

    def __init__(self, place: str, field: str, stored: object, wanted: object) -> None:
        super().__init__(
            f"{place} holds a log with {field} {stored}, but {wanted} was asked for; "
            f"start with {field} {stored}, or in another place"
        )
        self.place, self.field, self.stored, self.wanted = place, field, stored, wanted


class StoreUnavailable(LogError):
    """The store cannot be used now; the cause is chained."""


class LogWentBack(StoreUnavailable):
    """Partition `partition` of log `log` has `size` records, and had `seen`: what this process knows is not so."""

    def __init__(self, log: str, partition: int, seen: int, size: int) -> None:
        super().__init__(
            f"{log}/{partition} has {size} records, and had {seen}: its database was restored to an earlier point, or "
            f"failed over to a copy that lacked the end. Restart every replica of {log}; it tells what to do"
        )
        self.log, self.partition, self.seen, self.size = log, partition, seen, size


class BehindTopic(LogError):
    """Partition `partition` of log `log` has `size` records, and its topic `published`."""

    def __init__(self, log: str, partition: int, size: int, published: int) -> None:
        super().__init__(
            f"{log}/{partition} has {size} records, and its topic {published}: the database was restored to an earlier "
            f"point, so run `lienthong log recover {log}`, which takes back from the topic what is missing; if it was "
            "not, LIENTHONG_KAFKA_BOOTSTRAP names another platform's Kafka"
        )
        self.log, self.partition, self.size, self.published = log, partition, size, published


class TopicDisagrees(LogError):
    """At `position` of `log`/`partition` the log and its topic do not continue each other, for `reason`."""

    def __init__(self, log: str, partition: int, position: int, reason: str) -> None:
        super().__init__(
            f"{log}/{partition}: the topic's record at position {position} {reason}; nothing of it was taken. Stop "
            f"every replica of {log}; if the topic is another platform's, correct LIENTHONG_KAFKA_BOOTSTRAP; otherwise "
            "find where the two part with `lienthong log verify --kafka`"
        )
        self.log, self.partition, self.position, self.reason = log, partition, position, reason


class GapFound(LogError):
    """Partition `partition` of log `log` gave position `found` where `wanted` comes next."""

    def __init__(self, log: str, partition: int, wanted: int, found: int) -> None:
        super().__init__(f"{log}/{partition}: position {found} came where {wanted} comes next")
        self.log, self.partition, self.wanted, self.found = log, partition, wanted, found


class PositionMoved(LogError):
    """Another follower called `name` has moved its position in `log`/`partition`."""

    def __init__(self, name: str, log: str, partition: int) -> None:
        super().__init__(f"another {name} follows {log}/{partition}")
        self.name, self.log, self.partition = name, log, partition


class Superseded(LogError):
    """What a newer program has begun this one cannot go on with; it may be its turn again later."""


class LeaseLost(LogError):
    """The lease `name` is no longer held here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the lease {name} has gone to another holder")
        self.name = name
