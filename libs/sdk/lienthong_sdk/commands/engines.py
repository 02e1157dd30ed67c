"""The engines behind the services, for commands that look at them directly: options, and how they are opened.

The engines' libraries are imported when they are used: most commands need none of them.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lienthong_sdk.session import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventlog.kafka import KafkaTopic
    from eventlog.postgresql import PostgresqlStore

DatabaseOption = Annotated[
    str, typer.Option("--database-url", envvar="LIENTHONG_DATABASE_URL", help="URL of the PostgreSQL database.")
]
KafkaOption = Annotated[
    str,
    typer.Option(
        "--kafka",
        envvar="LIENTHONG_KAFKA_BOOTSTRAP",
        help="host:port,host:port of Kafka; its security as LIENTHONG_KAFKA_* say.",
    ),
]
LogOption = Annotated[list[str] | None, typer.Option("--log", help="A log of the database; all if not given.")]


@contextmanager
def telling_faults() -> Iterator[None]:
    """Tell what is wrong with an engine in one line, and end with status 2."""
    from eventlog.errors import LogError  # noqa: PLC0415 - see the module
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    try:
        yield
    except ValidationError as error:  # without the values: some are secret
        fail(
            "; ".join(f"LIENTHONG_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
        )
    except LogError as error:
        fail(str(error))


@contextmanager
def open_topic(bootstrap: str) -> Iterator[KafkaTopic]:
    """Open the topics of a Kafka."""
    from eventlog.engines import EngineSettings  # noqa: PLC0415 - see the module
    from eventlog.kafka import KafkaTopic  # noqa: PLC0415 - as above
    from pydantic import SecretStr  # noqa: PLC0415 - as above

    topic = EngineSettings(database_url=SecretStr(""), kafka_bootstrap=bootstrap).open_topic(Path(), "lienthong")
    assert isinstance(topic, KafkaTopic)  # noqa: S101 - a bootstrap was given
    try:
        yield topic
    finally:
        topic.close()


@contextmanager
def open_store(url: str, log: str) -> Iterator[PostgresqlStore]:
    """Open a log of a database, under the log's own role."""
    from eventlog.postgresql import PostgresqlStore  # noqa: PLC0415 - see the module
    from eventlog.postgresql.about import partitions_of  # noqa: PLC0415 - as above

    store = PostgresqlStore(url, log, partitions_of(url, log))
    try:
        yield store
    finally:
        store.close()
