"""Spoils what a platform runs on, for tests of what it says then: `python -m inside.spoil WHAT ARGUMENT...`.

revision URL LOG REVISION   the log's schema is said to be at another revision
forget-topics               all topics are deleted
finite-topic LOG            the log's topic is there, and forgets after a day
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import psycopg
from kafka import KafkaAdminClient
from psycopg import sql

_DAY = str(24 * 60 * 60 * 1000)
_PARTITIONS = 4


def revision(url: str, log: str, wanted: str) -> None:
    """Say that the schema of a log is at a revision."""
    table = sql.Identifier(f"log_{log}", "alembic_version")
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("UPDATE {} SET version_num = %s").format(table), (wanted,))


def forget_topics() -> None:
    """Delete all topics of the platform."""
    admin = _admin()
    admin.delete_topics([name for name in admin.list_topics() if name.startswith("lienthong.")])
    admin.close()


def finite_topic(log: str) -> None:
    """Make the topic of a log that forgets."""
    admin = _admin()
    forgets = {"num_partitions": _PARTITIONS, "replication_factor": 1, "configs": {"retention.ms": _DAY}}
    admin.create_topics({f"lienthong.{log}": forgets})
    admin.close()


def _admin() -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=os.environ["LIENTHONG_KAFKA_BOOTSTRAP"].split(","))


_WHAT: dict[str, Callable[..., None]] = {
    "revision": revision,
    "forget-topics": forget_topics,
    "finite-topic": finite_topic,
}

if __name__ == "__main__":
    _WHAT[sys.argv[1]](*sys.argv[2:])
