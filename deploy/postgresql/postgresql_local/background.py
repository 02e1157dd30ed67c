"""A server that stays when the command that started it has ended: for development.

Its port lies beside its data, and its process id within them, as PostgreSQL writes it. An id that has gone to another
program is told from the server by the data folder, which stands in the server's command line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from postgresql_local import processes
from postgresql_local.account import under
from postgresql_local.address import address, create_database
from postgresql_local.errors import PostgresqlLocalError
from postgresql_local.installation import Installation
from postgresql_local.ports import is_free

DATABASE = "lienthong"
_PATIENCE = 60.0


class Background:
    """The server with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._place = Installation(folder.absolute())
        self._port_file = self._place.folder / "port"

    def pid(self) -> int | None:
        """Return the process that runs; None when none does."""
        try:
            pid = int((self._place.data / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
            return None
        return pid if str(self._place.data).encode() in command.split(b"\0") else None

    def url(self) -> str:
        """Return the superuser's URL of the database for development."""
        return address(self._place, int(self._port_file.read_text()), DATABASE)

    def start(self, port: int) -> None:
        """Start it and wait until it answers. Raises PostgresqlLocalError: the port is taken, or it did not start."""
        if not is_free(port):
            raise PostgresqlLocalError(f"port {port} is in use; choose another one with --port")
        fresh = not self._port_file.exists()
        self._place.prepare()
        with self._place.log.open("ab") as log:
            server = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                under(self._place.command(port, {})),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._place.folder,
                start_new_session=True,
            )
        self._wait(server)
        if fresh:
            create_database(address(self._place, port, "postgres"), DATABASE)
        self._port_file.write_text(str(port))

    def stop(self) -> bool:
        """End it in order; tell whether it ran."""
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)
        give_up = time.monotonic() + _PATIENCE
        while processes.alive(pid):
            if time.monotonic() > give_up:
                processes.kill(pid)
            time.sleep(0.05)
        return True

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        while not self._place.ready(server.pid):
            if server.poll() is not None:
                raise PostgresqlLocalError(f"PostgreSQL did not start: {self._place.last_words()}")
            time.sleep(0.02)
