"""Opening clients of kafka-python, and its errors in our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from eventlog.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eventlog.kafka.settings import KafkaSettings

T = TypeVar("T")


def open_client(kind: Callable[..., T], settings: KafkaSettings, **options: Any) -> T:
    """Build a client of kafka-python, which connects. Raises StoreUnavailable; then nothing of it stays behind.

    A constructor of kafka-python that fails leaves its thread and its sockets to nobody, so they are held here.
    """
    networks: list[KafkaNetClient] = []

    def network(**config: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    try:
        with unavailable(f"Kafka at {settings.bootstrap}"):
            return kind(**settings.client(), kafka_client=network, **options)
    except StoreUnavailable:
        for each in networks:
            each.close()
        raise


@contextmanager
def unavailable(what: str) -> Iterator[None]:
    """Raise StoreUnavailable for what kafka-python and the network raise."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise StoreUnavailable(f"{what}: {type(error).__name__}: {error}") from error
