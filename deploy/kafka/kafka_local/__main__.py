"""python -m kafka_local start | stop | status: a broker for development, in the background.

Exit status: 0 done; 2 it cannot be, with one line that says why; `status` gives 1 when none runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kafka_local.background import Background
from kafka_local.errors import KafkaLocalError
from kafka_local.jars import VERSION
from kafka_local.properties import HOST

_PORT = 9092
_FOLDER = Path(".data/kafka")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command says; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m kafka_local", description=f"Apache Kafka {VERSION} on this machine"
    )
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--port", type=int, default=_PORT, help=f"to listen on; default {_PORT}")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help=f"for the data; default {_FOLDER}")
    given = parser.parse_args(arguments)
    broker = Background(given.folder)
    try:
        return {"start": _start, "stop": _stop, "status": _status}[given.command](broker, given.port)
    except KafkaLocalError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2


def _start(broker: Background, port: int) -> int:
    if broker.pid() is None:
        broker.start(port)
    return _status(broker, port)


def _stop(broker: Background, _port: int) -> int:
    print("Apache Kafka has stopped" if broker.stop() else "Apache Kafka was not running")  # noqa: T201 - as above
    return 0


def _status(broker: Background, _port: int) -> int:
    if broker.pid() is None:
        print("Apache Kafka is not running")  # noqa: T201 - as above
        return 1
    address = f"{HOST}:{broker.port()}"
    print(f"Apache Kafka {VERSION} runs at {address}\nexport LIENTHONG_KAFKA_BOOTSTRAP={address}")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
