"""What every command needs: where the services are, with which key, and how refusals are told to people."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import grpc
import typer
from decider.refusal import Refusal
from grpckit.renewing import ClientTls
from grpckit.signing import KeyFileError, Signer
from rich.console import Console

from lienthong_sdk.client import Addresses, Lienthong

T = TypeVar("T")

KeyOption = Annotated[Path, typer.Option("--key", envvar="LIENTHONG_KEY", help="Key file of the calling system.")]
IdentityOption = Annotated[str, typer.Option("--identity", envvar="LIENTHONG_IDENTITY", help="Address of identity.")]
DocexchangeOption = Annotated[
    str, typer.Option("--docexchange", envvar="LIENTHONG_DOCEXCHANGE", help="Address of docexchange.")
]
TlsCaOption = Annotated[
    Path | None,
    typer.Option("--tls-ca", envvar="LIENTHONG_TLS_CA", help="Speak TLS with servers that this authority vouches for."),
]
TlsCertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-certificate", envvar="LIENTHONG_TLS_CLIENT_CERTIFICATE", help="Certificate shown to servers (PEM)."
    ),
]
TlsKeyOption = Annotated[
    Path | None, typer.Option("--tls-key", envvar="LIENTHONG_TLS_CLIENT_KEY", help="The certificate's key (PEM).")
]
IDENTITY = "127.0.0.1:7001"
DOCEXCHANGE = "127.0.0.1:7002"

out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)
_tls: ContextVar[ClientTls | None] = ContextVar("tls", default=None)


def call(
    key: Path, work: Callable[[Lienthong], Awaitable[T]], *, identity: str = IDENTITY, docexchange: str = DOCEXCHANGE
) -> T:
    """Do something with the platform, as `telling_refusals` does."""

    async def within() -> T:
        async with Lienthong(Addresses(identity, docexchange, tls()), signer(key)) as lienthong:
            return await work(lienthong)

    return telling_refusals(lambda: asyncio.run(within()), f"{identity}, {docexchange}")


def telling_refusals(work: Callable[[], T], place: str) -> T:
    """Run; a refusal is told in both languages and ends with status 1, a fault with 2."""
    try:
        return work()
    except Refusal as refusal:
        _tell(refusal)
    except grpc.aio.AioRpcError as error:
        fail(f"{place}: {error.code().name}: {error.details()}")
    except (OSError, KeyFileError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def use_tls(ca: Path | None, certificate: Path | None, key: Path | None) -> None:
    """Take the options that stand before the command; one line and status 2 where they do not go together."""
    if (certificate is None) != (key is None):
        fail("--tls-certificate and --tls-key go together: give both, or neither")
    if ca is None and certificate is not None:
        fail("--tls-certificate needs --tls-ca: the authority whose servers are trusted")
    _tls.set(ClientTls(ca, certificate, key) if ca else None)


def tls() -> ClientTls | None:
    """Return how the options before the command say to speak TLS; None: plaintext."""
    return _tls.get()


def signer(key: Path) -> Signer:
    """Read a key file; one line and status 2 when it cannot be used."""
    try:
        return Signer.from_file(key)
    except (KeyFileError, OSError) as error:
        fail(str(error))


def fail(line: str) -> NoReturn:
    """Tell what is wrong in one line and end with status 2."""
    _err.print(f"lienthong: {line}", markup=False, soft_wrap=True)
    raise typer.Exit(2)


def _tell(refusal: Refusal) -> NoReturn:
    vietnamese_first = os.environ.get("LANG", "").startswith("vi")
    _err.print(f"{refusal.reason}", style="bold red", markup=False, soft_wrap=True)
    for violation in refusal.violations or ():
        texts = (violation.vi, violation.en) if vietnamese_first else (violation.en, violation.vi)
        _err.print(f"  {violation.field or '-'} [{violation.reason}]", markup=False, soft_wrap=True)
        for text in texts:
            _err.print(f"    {text}", markup=False, soft_wrap=True)
    if not refusal.violations:
        for text in (refusal.vi, refusal.en) if vietnamese_first else (refusal.en, refusal.vi):
            _err.print(f"  {text}", markup=False, soft_wrap=True)
    raise typer.Exit(1)
