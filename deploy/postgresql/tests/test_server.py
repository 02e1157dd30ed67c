"""A server from the wheel is a real one: durable, behind a password, and gone when its starter is."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from postgresql_local import Postgresql, PostgresqlLocalError, missing, processes
from postgresql_local.ports import free_port

if missing():
    pytest.skip(missing(), allow_module_level=True)

_PATIENCE = 30.0
_GUESSED = "guessed"
_ANOTHER = "127.0.0.2"  # the whole of 127/8 is this machine
_STARTER = """
import sys
from postgresql_local import Postgresql
server = Postgresql()
server.start()
print(server._pid, server.url, flush=True)
sys.stdin.read()
"""


def connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=5)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    with Postgresql() as running:
        yield running


def test_it_keeps_what_was_committed_when_it_is_killed_and_started_again(server: Postgresql) -> None:
    url = server.database("kept")
    with connected(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        connected(url)
    server.start()
    with connected(url) as connection:
        assert connection.execute("SELECT a FROM kept").fetchall() == [(1,)]


def test_paused_it_answers_nobody_and_resumed_it_goes_on(server: Postgresql) -> None:
    with connected(server.url) as connection, ThreadPoolExecutor(1) as pool:
        server.pause()
        asked = pool.submit(connection.execute, "SELECT 1")
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        server.resume()
        assert asked.result(_PATIENCE).fetchone() == (1,)


def test_nobody_comes_in_without_the_password(server: Postgresql) -> None:
    wrong = sa.make_url(server.url).set(password=_GUESSED).render_as_string(hide_password=False)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connected(wrong)


def test_it_is_as_durable_as_PostgreSQL_is_by_itself(server: Postgresql) -> None:  # noqa: N802 - its own name
    with connected(server.url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}".encode()).fetchone() == ("on",)


def test_what_runs_already_is_not_started_again(server: Postgresql) -> None:
    with pytest.raises(PostgresqlLocalError, match="already"):
        server.start()


def test_a_setting_that_it_does_not_know_is_told() -> None:
    with pytest.raises(PostgresqlLocalError, match="no_such_setting"):
        Postgresql(settings={"no_such_setting": "1"}).start()


def test_it_ends_with_its_starter_even_when_that_is_killed() -> None:
    starter = subprocess.Popen([sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert starter.stdout
    pid, _ = starter.stdout.readline().decode().split()
    folder = Path(f"/proc/{pid}/cwd").readlink().parent
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    give_up = time.monotonic() + _PATIENCE
    while processes.alive(int(pid)) or folder.exists():
        assert time.monotonic() < give_up, "it has not ended"
        time.sleep(0.02)


def test_at_another_address_of_this_machine_it_lets_in_by_the_password_who_comes_from_beyond() -> None:
    with Postgresql(host=_ANOTHER) as running:
        running.kill()
        running.start()
        with connected(running.url) as connection:
            assert connection.execute("SELECT host(inet_server_addr())").fetchone() == (_ANOTHER,)
        here = sa.make_url(running.url).set(host="127.0.0.1").render_as_string(hide_password=False)
        with pytest.raises(psycopg.OperationalError, match="refused"):
            connected(here)


def test_stopped_it_leaves_nothing() -> None:
    running = Postgresql()
    running.start()
    folder = running._place().folder
    running.kill()
    assert folder.exists()
    running.stop()
    running.stop()
    assert not folder.exists()


def command(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit status, and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "postgresql_local", *arguments], capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def url_in(said: str) -> str:
    return said.split("LIENTHONG_DATABASE_URL=")[1].strip()


def test_the_command_starts_one_that_stays_and_stops_it(tmp_path: Path) -> None:
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(0o755)  # the server's account must get at it
    folder = ["--folder", str(tmp_path / "data")]
    assert command("status", *folder) == (1, "PostgreSQL is not running\n")
    status, said = command("start", "--port", str(free_port()), *folder)
    assert status == 0
    try:
        with connected(url_in(said)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        assert command("start", *folder) == (0, said)
        port = str(sa.make_url(url_in(said)).port)
        status, why = command("start", "--port", port, "--folder", str(tmp_path / "other"))
        assert (status, "in use" in why) == (2, True)
    finally:
        assert command("stop", *folder) == (0, "PostgreSQL has stopped\n")
    assert command("stop", *folder) == (0, "PostgreSQL was not running\n")
    _, said = command("start", "--port", str(free_port()), *folder)
    try:
        with connected(url_in(said)) as connection:
            assert connection.execute("SELECT a FROM kept").fetchall() == [(1,)]
    finally:
        command("stop", *folder)
