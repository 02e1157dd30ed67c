"""The `lienthong` command. Packages add commands by the entry point `lienthong.commands`."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from lienthong_sdk.commands import directory, doctor, documents, operations, recover, signing, verify
from lienthong_sdk.session import TlsCaOption, TlsCertificateOption, TlsKeyOption, use_tls

app = typer.Typer(name="lienthong", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def lienthong(ca: TlsCaOption = None, certificate: TlsCertificateOption = None, key: TlsKeyOption = None) -> None:
    """The interoperability platform: run it, use it, look after it."""  # noqa: D401 - shown by --help
    use_tls(ca, certificate, key)


app.add_typer(directory.keys, name="key")
app.add_typer(directory.agencies, name="agency")
app.add_typer(directory.systems, name="system")
app.add_typer(operations.views, name="views")
app.add_typer(operations.logs, name="log")
verify.register(operations.logs)
recover.register(operations.logs)
doctor.register(app)
documents.register(app)
app.command()(signing.sign)


def main() -> None:
    """Run the command."""
    for entry in entry_points(group="lienthong.commands"):
        entry.load()(app)
    app()


if __name__ == "__main__":
    main()
