"""A broker that stays when the command that started it has ended: for development.

Its process id lies beside its data. An id that has gone to another program is told from the broker by the folder,
which stands in the broker's command line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from kafka_local.errors import KafkaLocalError
from kafka_local.java import java, prepare
from kafka_local.node import last_words, state
from kafka_local.ports import answers, free_ports
from kafka_local.properties import Ports
from kafka_local.ready import wait_ready

_PATIENCE = 30.0  # seconds to end in order
# The broker becomes nobody's child: a shell starts it, says its process id, and ends.
_NOBODYS = ["/bin/sh", "-c", 'log="$1"; shift; "$@" < /dev/null > "$log" 2>&1 & echo $!', "sh"]


class Background:
    """The broker with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._pid_file = self._folder / "broker.pid"
        self._port_file = self._folder / "broker.port"

    def pid(self) -> int | None:
        """Return the process that runs; None when none does."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            becoming = not command and state(pid) not in {"Z", "X"}  # just now Java takes the place of the shell
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return pid if becoming or str(self._properties).encode() in command.split(b"\0") else None

    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._port_file.read_text())

    def start(self, port: int) -> None:
        """Start it and wait until it answers. Raises KafkaLocalError: the port is taken, or it did not start."""
        if answers(port):
            raise KafkaLocalError(f"port {port} is in use; choose another one with --port")
        ports = {1: Ports(port, next(free_ports()), 0)}
        prepare(self._folder, 1, ports, None)
        (self._folder / "broker.log").unlink(missing_ok=True)
        begun = subprocess.run(  # noqa: S603 - Java, with arguments of our own
            [*_NOBODYS, str(self._folder / "broker.log"), *java("kafka.Kafka", str(self._properties))],
            stdout=subprocess.PIPE,
            start_new_session=True,
            check=True,
        )
        self._pid_file.write_bytes(begun.stdout)
        self._port_file.write_text(str(port))
        log = self._folder / "broker.log"
        wait_ready({1: port}, lambda _: self.pid() is not None, lambda _: f"{last_words(log)} (see {log})")

    def stop(self) -> bool:
        """End it in order, by force when it takes long; tell whether it ran."""
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        give_up = time.monotonic() + _PATIENCE
        while self.pid() is not None:
            if time.monotonic() > give_up:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        self._pid_file.unlink()
        return True

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"
