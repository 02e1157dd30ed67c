"""Running a platform in the foreground: the event loop, what ends it, and what keeps it from starting."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import typer
from eventlog.errors import StoreMismatch, StoreUnavailable
from grpckit.process import run_process, started, told
from grpckit.server import ServerError
from grpckit.signing import KeyFileError
from grpckit.tls import TlsFileError, TlsSettings
from pydantic import ValidationError

from embedded.errors import EmbeddedError
from embedded.platform import Platform, PlatformSettings

CANNOT_START = (EmbeddedError, KeyFileError, OSError, ServerError, StoreMismatch, StoreUnavailable, ValidationError)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the platform's event loop; what keeps a platform from starting is one line and status 2."""
    try:
        run_process("lienthong", lambda: main)
    except CANNOT_START as error:
        typer.echo(f"lienthong: {told(error)}", err=True)
        raise typer.Exit(2) from error
    finally:
        main.close()


async def serve(settings: PlatformSettings) -> None:
    """Start a platform, with TLS as LIENTHONG_TLS_* say; say where it listens; stop it at SIGTERM or SIGINT."""
    platform = Platform(replace(settings, tls=_tls().open()))
    async with started(platform) as ended:
        places = "  ".join(f"{name} {address}" for name, address in platform.addresses.items())
        typer.echo(f"ready  {places}  key {platform.operator_key}")
        await ended.wait()


def _tls() -> TlsSettings:
    try:
        return TlsSettings()
    except ValidationError as error:
        raise TlsFileError("; ".join(each["msg"] for each in error.errors())) from None
