"""Apache Kafka on the local Java: for development and tests."""

from kafka_local.cluster import Kafka
from kafka_local.errors import KafkaLocalError
from kafka_local.jars import VERSION, missing
from kafka_local.properties import Secure

__all__ = ["VERSION", "Kafka", "KafkaLocalError", "Secure", "missing"]
