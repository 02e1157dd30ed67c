"""From a message of Kafka to a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from eventlog.kafka.errors import ForeignRecord
from eventlog.record import parse

if TYPE_CHECKING:
    from kafka.consumer.fetcher import ConsumerRecord

    from eventlog.record import Recorded


def read_message(log: str, message: ConsumerRecord) -> Recorded:
    """Read a record from its bytes, which alone count. Raises ForeignRecord when they are no record of this place."""
    try:
        recorded = parse(message.value or b"")
    except DecodeError as error:
        raise ForeignRecord(message.topic, message.partition, message.offset) from error
    if recorded.log != log or recorded.partition != message.partition:
        raise ForeignRecord(message.topic, message.partition, message.offset)
    return recorded
