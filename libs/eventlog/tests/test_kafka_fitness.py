"""A topic that would lose records is not used, and whoever runs the platform is told what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from eventlog.conformance.material import records
from eventlog.errors import StoreUnavailable
from eventlog.kafka import ForeignRecord, KafkaSettings, KafkaTopic, TopicUnfit, topic_name
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from .kafka_world import new_log


@pytest.fixture
def admin(kafka_bootstrap: str) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    yield admin
    admin.close()


@pytest.fixture
def topic(kafka_bootstrap: str) -> Iterator[KafkaTopic]:
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap))
    yield topic
    topic.close()


def test_a_topic_that_is_missing_is_made_to_keep_everything(admin: KafkaAdminClient, topic: KafkaTopic) -> None:
    log = new_log()
    topic.heads(log, 3)
    [made] = admin.describe_topics([topic_name(log)])
    assert len(made["partitions"]) == 3
    resource = ConfigResource(ConfigResourceType.TOPIC, topic_name(log))
    config = admin.describe_configs([resource], config_filter="all")["topic"][topic_name(log)]
    assert {name: config[name]["value"] for name in _FIT} == _FIT


_FIT = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "CreateTime",
    "compression.type": "producer",
    "unclean.leader.election.enable": "false",
}


def test_a_topic_that_one_broker_has_not_heard_of_yet_is_asked_after_again(
    topic: KafkaTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, really = 0, KafkaAdminClient.describe_configs

    def describe(admin: KafkaAdminClient, resources: list[ConfigResource], **options: Any) -> Any:
        nonlocal asked
        asked += 1
        answer = really(admin, resources, **options)
        return answer if asked > 2 else {"topic": {resource.name: {} for resource in resources}}

    monkeypatch.setattr(KafkaAdminClient, "describe_configs", describe)
    topic.ensure(new_log(), 3)
    assert asked == 3


def test_a_topic_whose_settings_nobody_shows_is_not_used(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KafkaAdminClient, "describe_configs", lambda *_, **__: defaultdict(lambda: defaultdict(dict)))
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap, request_seconds=1.0))
    with pytest.raises(StoreUnavailable, match="DescribeConfigs"):
        topic.ensure(new_log(), 3)
    topic.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000"),
        ("cleanup.policy", "compact"),
        ("cleanup.policy", "compact,delete"),
        ("message.timestamp.type", "LogAppendTime"),
        ("compression.type", "gzip"),
        ("unclean.leader.election.enable", "true"),
        ("max.message.bytes", "50000"),
    ],
)
def test_an_unfit_topic_is_refused_until_the_command_told_has_mended_it(
    admin: KafkaAdminClient, topic: KafkaTopic, kafka_bootstrap: str, name: str, value: str
) -> None:
    log = new_log()
    configs = _FIT | {name: value}
    admin.create_topics({topic_name(log): {"num_partitions": 3, "replication_factor": 1, "configs": configs}})
    admin.wait_for_topics([topic_name(log)])
    with pytest.raises(TopicUnfit, match=name) as refused:
        topic.ensure(log, 3)
    with pytest.raises(TopicUnfit):
        topic.source(log, 3).subscribe("x", {0: 0})
    command, change = refused.value.command.split(" --add-config ")
    assert command == (
        f"kafka-configs.sh --bootstrap-server {kafka_bootstrap} --alter --entity-type topics "
        f"--entity-name {topic_name(log)}"
    )
    told = dict(each.split("=") for each in change.split(","))
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_name(log), told)])
    topic.ensure(log, 3)


def test_too_few_partitions_are_refused_until_there_are_enough(
    admin: KafkaAdminClient, topic: KafkaTopic, kafka_bootstrap: str
) -> None:
    log = new_log()
    topic.ensure(log, 2)
    with pytest.raises(TopicUnfit) as refused:
        topic.heads(log, 3)
    assert refused.value.command == (
        f"kafka-topics.sh --bootstrap-server {kafka_bootstrap} --alter --topic {topic_name(log)} --partitions 3"
    )
    admin.create_partitions({topic_name(log): 3})
    admin.wait_for_topics([topic_name(log)])
    assert list(topic.heads(log, 3)) == [0, 0, 0]


def test_too_many_partitions_are_refused(topic: KafkaTopic) -> None:
    log = new_log()
    topic.ensure(log, 4)
    with pytest.raises(TopicUnfit, match="--delete --topic"):
        topic.heads(log, 3)


def test_fewer_copies_in_sync_than_wanted_are_refused(topic: KafkaTopic, kafka_bootstrap: str) -> None:
    log = new_log()
    topic.ensure(log, 1)
    stricter = KafkaTopic(KafkaSettings(kafka_bootstrap, min_insync=2))
    with pytest.raises(TopicUnfit, match=r"min\.insync\.replicas=2"):
        stricter.ensure(log, 1)


@pytest.mark.parametrize("what", ["no record at all", "another log's", "another partition's"])
def test_what_a_relay_did_not_write_is_not_taken_for_a_record(
    topic: KafkaTopic, kafka_bootstrap: str, what: str
) -> None:
    log = new_log()
    topic.ensure(log, 1)
    value = {
        "no record at all": b"\xff\xff",
        "another log's": records("other", 0, [0])[0].data,
        "another partition's": records(log, 1, [0])[0].data,
    }[what]
    producer = KafkaProducer(bootstrap_servers=kafka_bootstrap)
    producer.send(topic_name(log), value, partition=0).get(10)
    producer.close()
    feed = topic.source(log, 1).subscribe("x", {0: 0})
    for _ in range(2):  # it is not passed over
        with pytest.raises(ForeignRecord, match="offset 0"):
            feed.poll(10, 10.0)
    feed.close()
