"""Publishing: a chunk of records is one batch of Kafka, sent when the one before it is acknowledged.

Kafka appends a batch whole or not at all, so a partition never has the later records of a chunk without the earlier
ones, whatever fails. For that the producer must never close a batch by itself, neither for its size (a chunk is
smaller than a batch may be) nor for its age (it lingers without end, and is flushed): two batches of one partition
would be sent one after the other even when the first one has failed.

After any error the producer is thrown away with what it holds. It may have sent a batch that arrives late: a repeat.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from eventlog.kafka.client import open_client, unavailable
from eventlog.kafka.cloud_events import Headers, headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eventlog.kafka.settings import KafkaSettings
    from eventlog.record import Recorded

_BATCH = 1_000_000  # bytes; less than the topic's max.message.bytes, and than max_request_size
_CHUNK = 900_000  # bytes, reckoned from above
_OVERHEAD = 100  # bytes: a record's own lengths, offset and timestamp, and those of its headers
_ENDLESS = float("inf")


class _Message(NamedTuple):
    key: bytes
    value: bytes
    headers: Headers
    millis: int

    def size(self) -> int:
        """Return at least the bytes that it takes in a batch."""
        return _OVERHEAD + len(self.key) + len(self.value) + sum(len(name) + len(value) for name, value in self.headers)


class Publisher:
    """One idempotent producer at a time; threads take turns."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def publish(self, topic: str, records: Sequence[Recorded]) -> None:
        """Publish records of one partition in order; on return all are acknowledged. Raises StoreUnavailable."""
        with self._lock:
            for chunk in _chunks(records):
                self._send(topic, records[0].partition, chunk)

    def close(self) -> None:
        """End the producer."""
        with self._lock:
            self._throw_away()

    def _send(self, topic: str, partition: int, chunk: Sequence[_Message]) -> None:
        try:
            with unavailable(f"topic {topic}"):
                producer = self._producer = self._producer or self._open()
                sent = [producer.send(topic, m.value, m.key, m.headers, partition, m.millis) for m in chunk]
                producer.flush(self._settings.publish_seconds)
                for failed in (each for each in sent if not each.succeeded()):
                    failed.get(0)
        except BaseException:
            self._throw_away()
            raise

    def _open(self) -> KafkaProducer:
        return open_client(
            KafkaProducer,
            self._settings,
            acks="all",
            enable_idempotence=True,
            batch_size=_BATCH,
            linger_ms=_ENDLESS,
            delivery_timeout_ms=_ENDLESS,  # the flush has an end
            max_block_ms=int(self._settings.connect_seconds * 1000),
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _throw_away(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        producer._sender.force_close()  # noqa: SLF001 - close() alone would first wait, and go on trying
        with suppress(KafkaError):  # its thread ends after the request that it waits for
            producer.close(timeout=1.0)


def _chunks(records: Sequence[Recorded]) -> Iterator[list[_Message]]:
    chunk: list[_Message] = []
    size = 0
    for recorded in records:
        message = _message(recorded)
        size += message.size()
        if chunk and size > _CHUNK:
            yield chunk
            chunk, size = [], message.size()
        chunk.append(message)
    yield chunk


def _message(recorded: Recorded) -> _Message:
    at = recorded.record.recorded_at
    millis = at.seconds * 1000 + at.nanos // 1_000_000
    return _Message(recorded.stream.encode(), recorded.data, headers(recorded), millis)
