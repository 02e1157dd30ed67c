"""`lienthong log recover`: gives a log that was restored to an earlier point what its topic has beyond (ADR 0019)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from eventlog.store import Request
from grpckit.call import fingerprint_of
from rich.console import Console

from lienthong_sdk.commands.engines import DatabaseOption, KafkaOption, open_store, open_topic, telling_faults
from lienthong_sdk.session import fail, out

if TYPE_CHECKING:
    from eventlog.record import Recorded

_TOLD_EVERY = 10_000  # records
_errors = Console(stderr=True)


def register(logs: typer.Typer) -> None:
    """Add the command."""
    logs.command("recover")(recover)


def recover(
    log: Annotated[str, typer.Argument(help='The log, which is the service\'s noun: "docexchange".')],
    database_url: DatabaseOption = "",
    kafka: KafkaOption = "",
) -> None:
    """Take back from its topic what a restored log lacks. Stop every replica of its service first; repeat at will."""
    if not (database_url and kafka):
        fail("set LIENTHONG_DATABASE_URL and LIENTHONG_KAFKA_BOOTSTRAP, or give --database-url and --kafka")
    from eventlog.postgresql.recovering import recover as take_back  # noqa: PLC0415 - see `engines`

    began = time.monotonic()
    with telling_faults(), open_topic(kafka) as topic, open_store(database_url, log) as store:
        done = take_back(database_url, store, topic, request_of, _tell)
    for each in done:
        out.print(f"{log}/{each.partition}  {each.before} -> {each.now}", markup=False, soft_wrap=True)
    taken = sum(each.now - each.before for each in done)
    out.print(
        f"{log}: {taken} records came back in {time.monotonic() - began:.1f} s. What was acknowledged after the "
        "topic's end is lost: no more than the relay was late when the database was lost (lienthong_relay_lag).",
        markup=False,
        soft_wrap=True,
    )


def request_of(recorded: Recorded) -> Request | None:
    """Tell the request that made a record, as the server took it; None where the platform itself acted."""
    origin = recorded.record.origin
    if not origin.HasField("signature") or not origin.request_id:
        return None
    return Request(origin.request_id, fingerprint_of(origin.method, origin.system, origin.signature.payload))


def _tell(partition: int, position: int) -> None:
    if position % _TOLD_EVERY == 0:
        _errors.print(f"partition {partition}: {position}", markup=False)
