"""Records across Kafka: the relay beside a bare producer, reading beside a bare consumer, by turns on one broker."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from eventlog.kafka import KafkaSettings, KafkaTopic, topic_name
from eventlog.lease import Leases
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.relay import Relay, RelayPositions
from eventlog.sqlite_store import SqliteStore
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka_local import Kafka

from tests.bench import history
from tests.bench.installation import folder
from tests.bench.result import Result

_GOAL = 0.7
_EVENTS = 20_000
_ROUNDS = 3
_PATIENCE = 120.0
_BARE = "bare-{}"


def measure() -> list[Result]:
    """Publish a log of exchanged documents, and read it."""
    with folder() as path, Kafka() as kafka:
        store = history.write_file(path / "log.sqlite", _EVENTS)
        records = [each for p, head in enumerate(store.heads()) for each in store.read(p, 0, head)]
        relayed, produced, followed, consumed = [], [], [], []
        for turn in range(_ROUNDS):
            relayed.append(_relayed(store, path, kafka.bootstrap, turn))
            produced.append(_produced(records, kafka.bootstrap, turn))
            followed.append(_followed(kafka.bootstrap))
            consumed.append(_consumed(kafka.bootstrap))
        store.close()
    return [_beside("relay_vs_producer", relayed, produced), _beside("consume_vs_consumer", followed, consumed)]


def _beside(name: str, ours: list[float], bare: list[float]) -> Result:
    value, ceiling = statistics.median(ours), statistics.median(bare)
    ratio = value / ceiling
    return Result(name, value, "records/s", ceiling, ratio, f"ratio >= {_GOAL}", ratio >= _GOAL)


def _relayed(store: SqliteStore, path: Path, bootstrap: str, turn: int) -> float:
    """Relay the whole log from its first record, positions and leases in a file of their own."""
    _forget(bootstrap, topic_name(history.LOG))
    topic = KafkaTopic(KafkaSettings(bootstrap))
    topic.ensure(history.LOG, history.PARTITIONS)
    kept = SqliteStore(path / f"relay-{turn}.sqlite", history.LOG, history.PARTITIONS)
    relay = Relay(store, topic, RelayPositions(kept.file), Leases(kept.file), Progress(store.heads()), holder="bench")
    begun = time.monotonic()
    sent = 0
    while sent < _EVENTS and time.monotonic() - begun < _PATIENCE:
        sent += relay.step()
    seconds = time.monotonic() - begun
    topic.close()
    kept.close()
    return sent / seconds


def _produced(records: list[Recorded], bootstrap: str, turn: int) -> float:
    """Send the same keys and values to the same partitions, as fast as the library can, durably as the relay does."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics({_BARE.format(turn): {"num_partitions": history.PARTITIONS, "replication_factor": 1}})
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    begun = time.monotonic()
    for each in records:
        producer.send(_BARE.format(turn), key=each.stream.encode(), value=each.data, partition=each.partition)
    producer.flush()
    seconds = time.monotonic() - begun
    producer.close()
    return len(records) / seconds


def _followed(bootstrap: str) -> float:
    topic = KafkaTopic(KafkaSettings(bootstrap))
    source = topic.source(history.LOG, history.PARTITIONS)
    begun = time.monotonic()
    feed = source.subscribe("bench", dict.fromkeys(range(history.PARTITIONS), 0))
    read = 0
    while read < _EVENTS and time.monotonic() - begun < _PATIENCE:
        read += len(feed.poll(10_000, 1.0))
    seconds = time.monotonic() - begun
    feed.close()
    topic.close()
    return read / seconds


def _consumed(bootstrap: str) -> float:
    """Read the very same messages with the library alone, unparsed."""
    begun = time.monotonic()
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition(topic_name(history.LOG), partition) for partition in range(history.PARTITIONS)])
    read = 0
    while read < _EVENTS and time.monotonic() - begun < _PATIENCE:
        read += sum(map(len, consumer.poll(1000, max_records=10_000).values()))
    seconds = time.monotonic() - begun
    consumer.close()
    return read / seconds


def _forget(bootstrap: str, topic: str) -> None:
    """Delete a topic of an earlier turn, and wait until it has gone."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    if topic in admin.list_topics():
        admin.delete_topics([topic])
        end = time.monotonic() + _PATIENCE
        while topic in admin.list_topics() and time.monotonic() < end:
            time.sleep(0.1)
    admin.close()
