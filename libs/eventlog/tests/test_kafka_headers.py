"""A message says what it holds to whoever knows CloudEvents 1.0, without our schema."""

from __future__ import annotations

from eventlog.conformance.material import START, sealable
from eventlog.kafka import KafkaSettings, KafkaTopic, topic_name
from eventlog.record import prepare, seal
from google.protobuf.wrappers_pb2 import StringValue
from kafka import KafkaConsumer, TopicPartition
from lienthong.log.v1 import record_pb2

from .kafka_world import new_log

_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_key_value_time_and_headers_are_the_records(kafka_bootstrap: str) -> None:
    log = new_log()
    cause = record_pb2.Cause(traceparent=_TRACE).SerializeToString()
    traced = prepare("document-7", StringValue(value="x"), b"", cause)
    records = [
        seal(log, 0, 0, "document-7", 1, START + 123_456, traced),
        seal(log, 0, 1, "document-é", 1, START, sealable("document-é", "y")),
    ]
    topic = KafkaTopic(KafkaSettings(kafka_bootstrap, partitions=1))
    topic.publish(records)
    topic.close()

    consumer = KafkaConsumer(bootstrap_servers=kafka_bootstrap, enable_auto_commit=False)
    place = TopicPartition(topic_name(log), 0)
    consumer.assign([place])
    consumer.seek(place, 0)
    [messages] = consumer.poll(10_000).values()
    consumer.close()

    assert [(message.key, message.value) for message in messages] == [
        (record.stream.encode(), record.data) for record in records
    ]
    assert messages[0].timestamp == (START + 123_456) // 1000
    assert dict(messages[0].headers) == {
        "ce_specversion": b"1.0",
        "ce_id": records[0].record.id.encode(),
        "ce_type": b"google.protobuf.StringValue",
        "ce_source": f"urn:lienthong:log:{log}".encode(),
        "ce_subject": b"document-7",
        "ce_time": b"2026-01-01T00:00:00.123456Z",
        "traceparent": _TRACE.encode(),
    }
    assert dict(messages[1].headers)["ce_subject"] == "document-é".encode()
    assert "traceparent" not in dict(messages[1].headers)
