"""The topic on Apache Kafka.

Topic `lienthong.<log>`, one record a message, kept for ever: key = the stream, value = the record's bytes, partition =
the record's own, CloudEvents 1.0 headers in binary mode.

Invariants, on which everything else here rests:

1. In a partition a record's first appearance comes after the first appearance of the record before it. For a batch is
   sent when everything before it is acknowledged, it is appended whole or not at all, and whoever publishes begins at
   a position that the topic has. What an older producer left under way may still come, at any time: it is a repeat.
2. So the first appearance of position p is at an offset of at least p (p other records stand before it, each at an
   offset of its own), and nothing beyond p stands between offset p and it. A reader that wants p begins at offset p:
   it sees repeats, and no gap.
3. A topic that has lost its end, or was made anew, ends before offset p: the reader then begins at the first offset.
   What was deleted from the front is a gap, which the follower finds.
"""

from eventlog.kafka.errors import ForeignRecord, TopicUnfit
from eventlog.kafka.feed import KafkaFeed
from eventlog.kafka.settings import KafkaSettings
from eventlog.kafka.source import KafkaSource
from eventlog.kafka.topic import KafkaTopic, topic_name

__all__ = ["ForeignRecord", "KafkaFeed", "KafkaSettings", "KafkaSource", "KafkaTopic", "TopicUnfit", "topic_name"]
