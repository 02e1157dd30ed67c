"""Runs PostgreSQL and Kafka beside the pods: `python -m tests.kubernetes.beside HOST`, in the cluster's network.

HOST is this machine's address there. It prints where they are, and for each line that it reads, the name of a database
to make, the URL of that. It ends when its input does, and the engines with it.
"""

from __future__ import annotations

import json
import signal
import sys

from kafka_local import VERSION, Kafka, KafkaLocalError
from postgresql_local import Postgresql, PostgresqlLocalError


def main() -> int:
    """Start, answer, end."""
    [host] = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the starter decides
    try:
        with Postgresql(host=host) as postgresql, Kafka(host=host) as kafka:
            _say(bootstrap=kafka.bootstrap, described=f"PostgreSQL of a wheel and Apache Kafka {VERSION} at {host}")
            for line in sys.stdin:
                _say(url=postgresql.database(line.strip()).replace("postgresql+psycopg:", "postgresql:"))
    except (PostgresqlLocalError, KafkaLocalError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2
    return 0


def _say(**what: str) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - the answer to the starter


if __name__ == "__main__":
    sys.exit(main())
