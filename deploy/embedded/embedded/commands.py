"""The command that the embedded platform adds to `lienthong`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded.up import up

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the command; found by the entry point `lienthong.commands`."""
    app.command()(up)
