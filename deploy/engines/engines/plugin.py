"""The fixtures of tests that need an engine, for pytest.

`fresh_database`   the URL of an empty database, for one test; its user is a superuser
`postgresql_url`   the same for the whole run
`kafka_bootstrap`  the address of a Kafka, for the whole run

An engine is started when the first test asks for it and ended after the last one. A test whose engine cannot be had is
skipped with the reason. The run's summary has a line for each engine that was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_said = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def _postgresql_server(pytestconfig: pytest.Config) -> Iterator[str]:
    from engines.postgresql import NoServer, postgresql  # noqa: PLC0415 - only where an engine is asked for

    try:
        with postgresql() as server:
            _say(pytestconfig, "postgresql", server.described)
            yield server.url
    except NoServer as reason:
        _skip(pytestconfig, "postgresql", reason)


@pytest.fixture(scope="session")
def postgresql_url(_postgresql_server: str) -> Iterator[str]:
    """Give a database to all tests of the run."""
    from engines.postgresql import database  # noqa: PLC0415 - as above

    with database(_postgresql_server) as url:
        yield url


@pytest.fixture
def fresh_database(_postgresql_server: str) -> Iterator[str]:
    """Give a database that is empty, and gone after the test."""
    from engines.postgresql import database  # noqa: PLC0415 - as above

    with database(_postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_bootstrap(pytestconfig: pytest.Config) -> Iterator[str]:
    """Give a Kafka to all tests of the run."""
    from engines.kafka import NoBroker, kafka  # noqa: PLC0415 - as above

    try:
        with kafka() as broker:
            _say(pytestconfig, "kafka", broker.described)
            yield broker.bootstrap
    except NoBroker as reason:
        _skip(pytestconfig, "kafka", reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which engines the run used."""
    for engine, words in sorted(config.stash.get(_said, {}).items()):
        terminalreporter.write_line(f"engine {engine}: {words}")


def _say(config: pytest.Config, engine: str, words: str) -> None:
    config.stash.setdefault(_said, {})[engine] = words


def _skip(config: pytest.Config, engine: str, reason: Exception) -> None:
    _say(config, engine, f"skipped: {reason}")
    pytest.skip(str(reason))
