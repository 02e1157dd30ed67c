"""A log's topic is made as it must be; one that is there already is checked before anything is entrusted to it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from eventlog.errors import StoreUnavailable
from eventlog.kafka.client import open_client, unavailable
from eventlog.kafka.errors import TopicUnfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventlog.kafka.settings import KafkaSettings

LARGEST_BATCH = 1_048_588  # bytes; Kafka's own default for max.message.bytes
_KEPT = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
_AGAIN_SECONDS = 0.1
_UNKNOWN = 3  # the protocol's UNKNOWN_TOPIC_OR_PARTITION


@dataclass(frozen=True)
class Described:
    """A topic as it is: its settings by name, and how many copies each partition has and how many are in sync."""

    partitions: int
    config: Mapping[str, str]
    copies: int  # of the partition that has the fewest
    in_sync: int  # likewise


def make_fit(settings: KafkaSettings, topic: str, partitions: int) -> None:
    """Make the topic when it is missing; check it. Raises TopicUnfit with the command that mends it."""
    admin = open_client(KafkaAdminClient, settings)
    try:
        with unavailable(f"topic {topic}"):
            if not _told(admin, topic):
                _create(admin, settings, topic, partitions)
            found = _known_everywhere(admin, topic, settings.request_seconds)
    finally:
        admin.close()
    check(settings, topic, partitions, found)


def examine(settings: KafkaSettings, topic: str) -> Described | None:
    """Look at a topic, and change nothing; None when it is missing. Raises StoreUnavailable."""
    admin = open_client(KafkaAdminClient, settings)
    try:
        with unavailable(f"topic {topic}"):
            return _described(admin, topic)
    finally:
        admin.close()


def check(settings: KafkaSettings, topic: str, partitions: int, found: Described | None) -> None:
    """Raise TopicUnfit with the command that mends it."""
    if not _whole(found):
        raise StoreUnavailable(
            f"topic {topic}: its settings cannot be read; the user needs Describe and DescribeConfigs"
        )
    _check_partitions(settings, topic, found.partitions, partitions)
    _check_config(settings, topic, found.config)


def wanted(settings: KafkaSettings) -> dict[str, str]:
    """Return the settings of a topic that holds a log."""
    config = _KEPT | {
        "message.timestamp.type": "CreateTime",
        "compression.type": "producer",
        "unclean.leader.election.enable": "false",  # a copy that lacks records never becomes the topic
        "max.message.bytes": str(LARGEST_BATCH),
    }
    if settings.min_insync is not None:
        config["min.insync.replicas"] = str(settings.min_insync)
    return config


def _create(admin: KafkaAdminClient, settings: KafkaSettings, topic: str, partitions: int) -> None:
    new = {
        "num_partitions": partitions,
        "replication_factor": settings.replication or -1,
        "configs": wanted(settings),
    }
    with suppress(TopicAlreadyExistsError):  # another process was faster
        admin.create_topics({topic: new})
    admin.wait_for_topics([topic], timeout_ms=settings.request_seconds * 1000)


def _known_everywhere(admin: KafkaAdminClient, topic: str, seconds: float) -> Described | None:
    """Describe a topic that was just made, here or by another process: not every broker knows of it at once."""
    until = time.monotonic() + seconds
    while not _whole(found := _described(admin, topic)) and time.monotonic() < until:
        time.sleep(_AGAIN_SECONDS)
    return found


def _whole(found: Described | None) -> TypeGuard[Described]:
    return found is not None and found.partitions > 0 and bool(found.config)


def _told(admin: KafkaAdminClient, topic: str) -> Sequence[Mapping[str, Any]]:
    [told] = admin.describe_topics([topic])
    return [] if told["error_code"] == _UNKNOWN else list(told["partitions"])


def _described(admin: KafkaAdminClient, topic: str) -> Described | None:
    told = _told(admin, topic)
    if not told:
        return None
    copies, in_sync = (min(len(each[name]) for each in told) for name in ("replica_nodes", "isr_nodes"))
    return Described(len(told), _config(admin, topic), copies, in_sync)


def _config(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    return {name: each["value"] for name, each in told["topic"][topic].items()}


def _check_partitions(settings: KafkaSettings, topic: str, found: int, partitions: int) -> None:
    if found == partitions:
        return
    tool = f"kafka-topics.sh --bootstrap-server {settings.bootstrap}"
    more = f"{tool} --alter --topic {topic} --partitions {partitions}"
    fewer = f"{tool} --delete --topic {topic} (its log's relay then publishes everything again)"
    raise TopicUnfit(topic, f"has {found} partitions, and its log {partitions}", more if found < partitions else fewer)


def _check_config(settings: KafkaSettings, topic: str, config: Mapping[str, str]) -> None:
    must = wanted(settings)
    wrong = {name: value for name, value in must.items() if not _fits(name, config.get(name), value)}
    if not wrong:
        return
    has = ", ".join(f"{name}={config.get(name)}" for name in wrong)
    change = ",".join(f"{name}={value}" for name, value in wrong.items())
    raise TopicUnfit(
        topic,
        f"has {has}, with which a log would not be kept as it is for ever",
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap} --alter --entity-type topics "
        f"--entity-name {topic} --add-config {change}",
    )


def _fits(name: str, found: str | None, value: str) -> bool:
    if name in {"max.message.bytes", "min.insync.replicas"}:
        return found is not None and int(found) >= int(value)
    return found == value
