"""A distributed platform under test, on engines of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.spread import Spread
from kafka_local import Kafka, KafkaLocalError
from postgresql_local import Postgresql, PostgresqlLocalError


@contextlib.contextmanager
def spread(folder: Path, *, nodes: int = 1, replicas: int = 2, proxy: int = 0) -> Iterator[Spread]:
    """Give a platform on engines of its own, not started yet; whatever happens, all of it is ended.

    With `proxy` the services reach Kafka at that port, where the caller has a proxy to `kafka.beyond_proxy`. Skips the
    test where an engine cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as started:
        try:
            postgresql = started.enter_context(Postgresql())
            kafka = started.enter_context(Kafka(nodes, proxy=proxy))
        except (PostgresqlLocalError, KafkaLocalError) as error:
            pytest.skip(str(error))
        bootstrap = f"127.0.0.1:{proxy}" if proxy else kafka.bootstrap
        platform = Spread(folder, postgresql, kafka, bootstrap, replicas)
        try:
            yield platform
        finally:
            platform.kill()
