"""A stream's partition is what Kafka's own partitioner gives."""

import warnings

import pytest
from eventlog.partition import murmur2, partition_of
from hypothesis import given
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the client reads its schemas by a deprecated call
    from kafka.partitioner.default import DefaultPartitioner
    from kafka.partitioner.default import murmur2 as kafka_murmur2


class Cluster:
    """What the client's partitioner asks of a cluster."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, topic: str) -> set[int]:
        del topic
        return set(range(self._partitions))

    available_partitions_for_topic = partitions_for_topic


@given(st.binary(max_size=300))
def test_murmur2_is_that_of_kafkas_client(data: bytes) -> None:
    assert murmur2(data) == kafka_murmur2(data) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_vectors_of_kafkas_own_tests(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed & 0xFFFFFFFF  # org.apache.kafka.common.utils.UtilsTest.testMurmur2


@given(st.text(min_size=1, max_size=80), st.integers(1, 64))
def test_a_stream_lives_where_kafka_would_put_its_key(stream: str, partitions: int) -> None:
    key = stream.encode()
    cluster = Cluster(partitions)
    assert partition_of(stream, partitions) == DefaultPartitioner().partition("t", None, key, None, b"", cluster)
