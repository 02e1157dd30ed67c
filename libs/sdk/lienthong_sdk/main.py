"""The `lienthong` command. Packages add commands by the entry point `lienthong.commands`."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

app = typer.Typer(name="lienthong", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def lienthong() -> None:
    """The interoperability platform: run it, use it, look after it."""  # noqa: D401 - shown by --help


def main() -> None:
    """Run the command."""
    for entry in entry_points(group="lienthong.commands"):
        entry.load()(app)
    app()


if __name__ == "__main__":
    main()
