"""The commands that the embedded platform adds to `lienthong`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded.tour.command import tour
from embedded.up import up

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the commands; found by the entry point `lienthong.commands`."""
    app.command()(up)
    app.command()(tour)
