"""A server that lives as long as a `with` block, or as this process at the most."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from postgresql_local import processes
from postgresql_local.account import user
from postgresql_local.address import address, create_database
from postgresql_local.errors import PostgresqlLocalError
from postgresql_local.installation import HOST, Installation
from postgresql_local.ports import free_port

_KEEPER = Path(__file__).parent / "keeper.py"
_PATIENCE = 60.0


class Postgresql:
    """A server on a free port of this machine, with PostgreSQL's own settings for durability.

    With a `folder` its data stay there, otherwise they go at the end. With `host`, another address of this machine, it
    listens there, for clients beyond it. Every method returns when what it says is done.
    Raises PostgresqlLocalError when the server cannot be had.
    """

    def __init__(self, folder: Path | None = None, settings: Mapping[str, str] | None = None, host: str = HOST) -> None:
        self._folder = folder
        self._host = host
        self._settings = {"listen_addresses": host, **(settings or {})}
        self._installation: Installation | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self.port = free_port()

    @property
    def url(self) -> str:
        """The superuser's URL of the database `postgres`."""
        return address(self._place(), self.port, "postgres", self._host)

    def database(self, name: str) -> str:
        """Make a new empty database; return the superuser's URL of it."""
        return create_database(self.url, name)

    def start(self) -> None:
        """Start the server: at first, or again after `kill`, on the same port and data."""
        if self._keeper is not None:
            raise PostgresqlLocalError("the server was started already")
        try:
            self._place().prepare()
            if self._host != HOST:
                self._place().admit_all()
            self._run()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def kill(self) -> None:
        """End all its processes by SIGKILL; what it has on disk stays, until `stop`."""
        processes.kill(self._pid)
        self._let_go(b"killed")

    def pause(self) -> None:
        """Let all its processes stand still (SIGSTOP)."""
        processes.pause(self._pid)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        processes.resume(self._pid)

    def stop(self) -> None:
        """End the server; to stop twice, or after `kill`, is allowed."""
        if self._keeper is not None and processes.alive(self._pid):
            processes.resume(self._pid)
        self._let_go(b"")
        if self._folder is None and self._installation is not None:
            shutil.rmtree(self._installation.folder, ignore_errors=True)
            self._installation = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _place(self) -> Installation:
        if self._installation is None:
            made = self._folder or Path(tempfile.mkdtemp(prefix="lienthong-postgresql-"))
            self._installation = Installation(made.absolute())
        return self._installation

    def _run(self) -> None:
        place = self._place()
        remove = "-" if self._folder else str(place.folder)
        keeper = [sys.executable, str(_KEEPER), remove, user()]
        with place.log.open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own program
                [*keeper, *place.command(self.port, self._settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=place.folder,
                start_new_session=True,  # Ctrl+C is for the starter
            )
        assert self._keeper.stdout is not None  # noqa: S101 - asked for above
        self._pid = int(self._keeper.stdout.readline() or 0)

    def _wait(self) -> None:
        give_up = time.monotonic() + _PATIENCE
        while not self._place().ready(self._pid):
            if not processes.alive(self._pid):
                raise PostgresqlLocalError(f"PostgreSQL did not start: {self._place().last_words()}")
            if time.monotonic() > give_up:
                raise PostgresqlLocalError(f"PostgreSQL was not ready within {_PATIENCE:.0f} s")
            time.sleep(0.01)

    def _let_go(self, message: bytes) -> None:
        if self._keeper is None:
            return
        keeper, self._keeper = self._keeper, None
        keeper.communicate(message)
