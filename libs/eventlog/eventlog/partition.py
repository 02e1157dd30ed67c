"""Which partition a stream lives in: what Kafka's default partitioner gives for its name.

Source: `org.apache.kafka.common.utils.Utils.murmur2` and `BuiltInPartitioner.partitionForKey`
(positive murmur2 of the key's bytes, modulo the number of partitions).
"""

from functools import lru_cache
from struct import unpack_from

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


@lru_cache(maxsize=65536)
def partition_of(stream: str, partitions: int) -> int:
    """Return the partition, 0 <= p < partitions, of a stream's name."""
    return (murmur2(stream.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return the unsigned 32-bit murmur2 hash as Kafka's clients compute it."""
    length = len(data)
    words = length >> 2
    h = _SEED ^ length
    for k in unpack_from(f"<{words}I", data):
        k = k * _M & _MASK  # noqa: PLW2901 - the algorithm's own name
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    if rest := data[words << 2 :]:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15
