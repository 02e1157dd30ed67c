"""`lienthong tour`: a day of document exchange on a fresh platform, checked to the last record.

The services are imported when it runs: every other command of `lienthong` starts faster without them.
Addresses are never taken from the environment: nobody plays a tour on a platform by mistake.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from lienthong_sdk.client import Addresses
from lienthong_sdk.commands.engines import DatabaseOption, KafkaOption
from lienthong_sdk.session import fail, tls

from tour import LEAST

if TYPE_CHECKING:
    from tour.on_given import Given


def tour(
    documents: Annotated[int, typer.Option(min=LEAST, max=100_000, help="How many are sent.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 2025,
    data: Annotated[Path | None, typer.Option(help="An empty folder for all data; else one is made.")] = None,
    port_base: Annotated[
        int | None, typer.Option(min=0, max=65000, help="identity listens one above; else free ports are taken.")
    ] = None,
    identity: Annotated[str, typer.Option(help="Play on a platform that runs already: its identity.")] = "",
    docexchange: Annotated[str, typer.Option(help="As above: its docexchange.")] = "",
    operator_key: Annotated[Path | None, typer.Option(help="As above: its operator's key file.")] = None,
    database_url: DatabaseOption = "",
    kafka: KafkaOption = "",
    *,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="Services as processes, two replicas, on PostgreSQL and Kafka.")
    ] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Stay up afterwards, until Ctrl+C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to stderr.")] = False,
) -> None:
    """Play a day of document exchange on a fresh platform and check all of it; status 1 when anything is wrong.

    Given --identity, --docexchange and --operator-key it is played on that platform, which must be fresh too. With
    --database-url and --kafka the audit reads its stores and topics; else what its services tell operators.
    """
    _check(identity, docexchange, operator_key, starts=distributed or stay or port_base is not None)
    if distributed and find_spec("engines") is None:
        fail(
            "--distributed starts the engines that tests use, which are not installed: run `make tour`, or name a "
            "platform that runs already with --identity"
        )
    typer.echo("The day is prepared ...", err=True)  # importing the services takes a second
    from tour.whole import Asked, play  # noqa: PLC0415 - see the module

    given = _given(identity, docexchange, operator_key, database_url, kafka) if operator_key else None
    if not play(Asked(documents, seed, data, port_base, given, distributed, stay, as_json)):
        raise typer.Exit(1)


def _check(identity: str, docexchange: str, operator_key: Path | None, *, starts: bool) -> None:
    named = [bool(identity), bool(docexchange), operator_key is not None]
    if any(named) and not all(named):
        fail("--identity, --docexchange and --operator-key go together: give all three, or none")
    if any(named) and starts:
        fail("--distributed, --stay and --port-base are for a platform that the tour starts: leave out --identity")


def _given(identity: str, docexchange: str, operator_key: Path, database_url: str, kafka: str) -> Given:
    from tour.on_given import Given  # noqa: PLC0415 - see the module

    return Given(Addresses(identity, docexchange, tls()), operator_key, database_url, kafka)


def register(app: typer.Typer) -> None:
    """Add the command; found by the entry point `lienthong.commands`."""
    app.command()(tour)
