"""The command lines of Kafka's own programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from kafka_local.errors import KafkaLocalError
from kafka_local.jars import jars
from kafka_local.properties import HOST, Ports, Secure, server

_LOGGING = Path(__file__).parent / "log4j2.properties"
_SMALL = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # starts in half the time
_PATIENCE = 60
_CLUSTER = "TGllbnRob25nTG9jYWxLZg"  # a cluster's id, 16 bytes in base64; its nodes know each other by port


def java(main: str, *arguments: str) -> list[str]:
    """Return the command that runs one of Kafka's main classes."""
    program = shutil.which("java") or "java"
    logging = f"-Dlog4j2.configurationFile={_LOGGING}"
    return [program, "-Xms128m", "-Xmx384m", *_SMALL, logging, "-cp", f"{jars()}/*", main, *arguments]


def prepare(folder: Path, node: int, ports: dict[int, Ports], secure: Secure | None, host: str = HOST) -> None:
    """Write a node's server.properties and prepare its data folder; one that has data keeps them.

    Raises KafkaLocalError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(server(node, folder / "data", ports, secure, host))
    options = ["format", "--ignore-formatted", "-t", _CLUSTER, "-c", str(properties)]
    if secure is not None:
        options += ["--add-scram", f"SCRAM-SHA-512=[name={secure.username},password={secure.password}]"]
    ended = subprocess.run(  # noqa: S603 - Java, with arguments of our own
        java("kafka.tools.StorageTool", *options), capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if ended.returncode:
        raise KafkaLocalError(f"Kafka could not prepare {folder}: {_last(ended.stderr + ended.stdout)}")


def _last(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
