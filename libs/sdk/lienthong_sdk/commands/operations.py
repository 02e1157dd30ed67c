"""Commands of operators and auditors: views and logs. Each asks a service by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from google.protobuf import json_format
from grpckit.client import Channel, connect
from lienthong.docexchange.v1 import events_pb2 as _docexchange  # noqa: F401 - their events, to be printed
from lienthong.identity.v1 import agency_pb2 as _agency  # noqa: F401
from lienthong.identity.v1 import system_pb2 as _system  # noqa: F401
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc, record_pb2
from lienthong.views.v1 import views_service_pb2, views_service_pb2_grpc
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lienthong_sdk.commands.directory import OPERATOR_KEY
from lienthong_sdk.session import DOCEXCHANGE, KeyOption, out, signer, telling_refusals, tls

T = TypeVar("T")

views = typer.Typer(help="Views: what they hold, and folding them anew.", no_args_is_help=True)
logs = typer.Typer(help="Logs: their heads, streams and records.", no_args_is_help=True)

ServiceOption = Annotated[
    str,
    typer.Option("--service", envvar="LIENTHONG_DOCEXCHANGE", help="Address of the service; docexchange if not given."),
]
LONG = 3600.0  # seconds a rebuild or a read of a whole log may take


@views.command("status")
def status(service: ServiceOption = DOCEXCHANGE, key: KeyOption = OPERATOR_KEY) -> None:
    """Show a service's views, and what keeps those that do not follow."""

    async def work(channel: Channel) -> views_service_pb2.ListViewsResponse:
        stub = views_service_pb2_grpc.ViewsServiceStub(channel)
        return await stub.ListViews(views_service_pb2.ListViewsRequest())

    table = Table("view", "version", "build", "state", "rows", "records folded", "streams not folded")
    poisoned: list[str] = []
    found = ask(service, key, work)
    for each in found.views:
        table.add_row(
            each.name,
            str(each.version),
            str(each.generation),
            each.state,
            str(each.rows),
            str(sum(each.positions)),
            str(len(each.poisoned)),
        )
        poisoned += [f"{each.name}: {p.stream} from version {p.version}, {p.event}: {p.reason}" for p in each.poisoned]
    out.print(table)
    for line in (*poisoned, *_not_following(found.followers)):
        out.print(line, markup=False, soft_wrap=True)


def _not_following(followers: Iterable[views_service_pb2.Follower]) -> list[str]:
    return [
        f"log {each.log}: {each.state}, {each.behind} records behind: {each.reason}"
        for each in followers
        if each.state != "following"
    ]


@views.command("rebuild")
def rebuild(
    name: Annotated[str, typer.Argument(help="The view.")],
    service: ServiceOption = DOCEXCHANGE,
    key: KeyOption = OPERATOR_KEY,
) -> None:
    """Fold a view anew beside the live one, compare and swap, while the service serves."""

    async def work(channel: Channel) -> views_service_pb2.RebuildResult:
        stub = views_service_pb2_grpc.ViewsServiceStub(channel)
        result = views_service_pb2.RebuildResult()
        with progress_bar() as bar:
            task = bar.add_task(name, total=None)
            async for response in stub.RebuildView(views_service_pb2.RebuildViewRequest(view=name), timeout=LONG):
                bar.update(task, completed=response.done, total=response.total or None)
                result = response.result
        return result

    result = ask(service, key, work)
    verdict = "the same as before" if result.same else f"different: {result.rows_before} rows before"
    out.print(
        f"{name}: build {result.generation} answers now, {result.rows_now} rows, {verdict}",
        markup=False,
        soft_wrap=True,
    )


@views.command("retry")
def retry(
    name: Annotated[str, typer.Argument(help="The view.")],
    stream: Annotated[str, typer.Argument(help="The stream that it could not fold.")],
    service: ServiceOption = DOCEXCHANGE,
    key: KeyOption = OPERATOR_KEY,
) -> None:
    """Fold a stream again that a view could not fold."""

    async def work(channel: Channel) -> bool:
        stub = views_service_pb2_grpc.ViewsServiceStub(channel)
        request = views_service_pb2.RetryPoisonedStreamRequest(view=name, stream=stream)
        folded: bool = (await stub.RetryPoisonedStream(request)).folded
        return folded

    if not ask(service, key, work):
        out.print(
            f"{name}: {stream} still cannot be folded; `lienthong views status` says why", markup=False, soft_wrap=True
        )
        raise typer.Exit(1)
    out.print(f"{name}: {stream} is folded", markup=False, soft_wrap=True)


@logs.command("heads")
def heads(service: ServiceOption = DOCEXCHANGE, key: KeyOption = OPERATOR_KEY) -> None:
    """Show how many records each partition holds."""

    async def work(channel: Channel) -> log_service_pb2.ListHeadsResponse:
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        return await stub.ListHeads(log_service_pb2.ListHeadsRequest())

    found = ask(service, key, work)
    for head in found.heads:
        out.print(f"{found.log}/{head.partition}  {head.size}", markup=False, soft_wrap=True)


@logs.command("stream")
def stream(
    name: Annotated[str, typer.Argument(help='The stream: "document-20261122-...".')],
    service: ServiceOption = DOCEXCHANGE,
    key: KeyOption = OPERATOR_KEY,
) -> None:
    """Replay a stream: print its records as JSON, a line each."""

    async def work(channel: Channel) -> list[bytes]:
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        records: list[bytes] = []
        version = 1
        while version:
            request = log_service_pb2.ReadStreamRequest(stream=name, from_version=version, page_size=500)
            page = await stub.ReadStream(request)
            records.extend(page.records)
            version = page.next_version
        return records

    for data in ask(service, key, work):
        record = record_pb2.Record.FromString(data)  # its event's type must be known here: see the imports
        out.print(json_format.MessageToJson(record, indent=None, ensure_ascii=False), markup=False, soft_wrap=True)


def ask(service: str, key: Path, work: Callable[[Channel], Awaitable[T]]) -> T:
    """Do something with one service, as `telling_refusals` does."""

    async def within() -> T:
        async with connect(service, signer(key), tls=tls()) as channel:
            return await work(channel)

    return telling_refusals(lambda: asyncio.run(within()), service)


def progress_bar(*, quiet: bool = False) -> Progress:
    """Return a bar that shows how far something long has got."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=out,
        disable=quiet,
    )
