"""`lienthong up`: the embedded platform in the foreground.

The services are imported when it runs: every other command of `lienthong` starts faster without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def up(
    data: Annotated[Path, typer.Option(help="Folder of all data.")] = Path(".data/platform"),
    port_base: Annotated[int, typer.Option(min=0, max=65000, help="identity listens one above; 0: free ports.")] = 7000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    partitions: Annotated[int, typer.Option(min=1, max=1000, help="Of each log; the first start fixes it.")] = 4,
) -> None:
    """Start every service in this process and serve until Ctrl+C."""
    from embedded.platform import PlatformSettings  # noqa: PLC0415 - see the module
    from embedded.serving import run, serve  # noqa: PLC0415

    run(serve(PlatformSettings(data=data, host=host, port_base=port_base, partitions=partitions)))
