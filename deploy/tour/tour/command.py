"""`lienthong tour`: a day of document exchange on a fresh platform, checked to the last record.

The services are imported when it runs: every other command of `lienthong` starts faster without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tour import LEAST


def tour(
    documents: Annotated[int, typer.Option(min=LEAST, max=100_000, help="How many are sent.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 2025,
    data: Annotated[Path | None, typer.Option(help="An empty folder for all data; else one is made.")] = None,
    port_base: Annotated[
        int | None, typer.Option(min=0, max=65000, help="identity listens one above; else free ports are taken.")
    ] = None,
    *,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="Services as processes, two replicas, on PostgreSQL and Kafka.")
    ] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Stay up afterwards, until Ctrl+C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to stderr.")] = False,
) -> None:
    """Play a day of document exchange on a fresh platform and check all of it; status 1 when anything is wrong."""
    typer.echo("The day is prepared ...", err=True)  # importing the services takes a second
    from tour.whole import Asked, play  # noqa: PLC0415 - see the module

    if not play(Asked(documents, seed, data, port_base, distributed, stay, as_json)):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command; found by the entry point `lienthong.commands`."""
    app.command()(tour)
