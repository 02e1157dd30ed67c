"""python -m postgresql_local start | stop | status: a server for development, in the background.

Exit status: 0 done; 2 it cannot be, with one line that says why; `status` gives 1 when none runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from postgresql_local.background import Background
from postgresql_local.errors import PostgresqlLocalError

_PORT = 5432
_FOLDER = Path(".data/postgresql")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m postgresql_local", description="PostgreSQL on this machine")
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--port", type=int, default=_PORT, help=f"to listen on; default {_PORT}")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help=f"for the data; default {_FOLDER}")
    given = parser.parse_args(arguments)
    server = Background(given.folder)
    try:
        return {"start": _start, "stop": _stop, "status": _status}[given.command](server, given.port)
    except PostgresqlLocalError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2


def _start(server: Background, port: int) -> int:
    if server.pid() is None:
        server.start(port)
    return _status(server, port)


def _stop(server: Background, _port: int) -> int:
    print("PostgreSQL has stopped" if server.stop() else "PostgreSQL was not running")  # noqa: T201 - as above
    return 0


def _status(server: Background, _port: int) -> int:
    if server.pid() is None:
        print("PostgreSQL is not running")  # noqa: T201 - as above
        return 1
    print(f"PostgreSQL runs\nexport LIENTHONG_DATABASE_URL={server.url()}")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
