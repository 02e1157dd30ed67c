"""Commands of an agency: send documents, see them arrive, follow them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2, document_service_pb2, mailbox_service_pb2
from rich.table import Column, Table

from lienthong_sdk.client import Lienthong
from lienthong_sdk.session import DOCEXCHANGE, DocexchangeOption, KeyOption, call, out

_VIETNAM = timezone(timedelta(hours=7))
_STATUS = {
    "01": document_pb2.STATUS_ARRIVED,
    "02": document_pb2.STATUS_REFUSED,
    "03": document_pb2.STATUS_ACCEPTED,
    "04": document_pb2.STATUS_ASSIGNED,
    "05": document_pb2.STATUS_IN_PROCESS,
    "06": document_pb2.STATUS_COMPLETED,
}
_Document = Annotated[str, typer.Argument(help="Id of the document, as `lienthong send` and `inbox` print it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (send, inbox, status, trace):
        app.command()(command)
    app.command("import")(import_)
    app.command("export")(export)


def send(
    to: Annotated[list[str], typer.Option(help="Code of a recipient; may be repeated.")],
    number: Annotated[str, typer.Option(help="Số.")],
    notation: Annotated[str, typer.Option(help='Ký hiệu: "UBND-TH".')],
    subject: Annotated[str, typer.Option(help="Trích yếu.")],
    key: KeyOption,
    file: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A file to attach.")] = None,
    docexchange: DocexchangeOption = DOCEXCHANGE,
) -> None:
    """Send a document, dated today."""
    today = datetime.now(UTC).astimezone(_VIETNAM).date()
    content = document_pb2.Content(
        number=number,
        notation=notation,
        subject=subject,
        promulgation_date=Date(year=today.year, month=today.month, day=today.day),
    )

    async def work(lienthong: Lienthong) -> document_pb2.Document:
        return (await lienthong.send(content, to, files=file or ())).document

    sent = call(key, work, docexchange=docexchange)
    out.print(f"{sent.id}  {sent.code}", markup=False, soft_wrap=True)


def inbox(
    key: KeyOption,
    follow: Annotated[bool, typer.Option("--follow", help="Stay, and print what comes.")] = False,  # noqa: FBT002
    cursor: Annotated[Path | None, typer.Option(help="File that keeps where to go on from, for --follow.")] = None,
    docexchange: DocexchangeOption = DOCEXCHANGE,
) -> None:
    """List the inbox, or follow it."""

    async def listed(lienthong: Lienthong) -> list[mailbox_service_pb2.InboxItem]:
        page = await lienthong.mailbox.ListInbox(mailbox_service_pb2.ListInboxRequest(page_size=100))
        return list(page.items)

    async def followed(lienthong: Lienthong) -> None:
        start = cursor.read_text() if cursor and cursor.exists() else ""
        async for response in lienthong.inbox(cursor=start):
            for item in response.items:
                _print(item)
            if cursor:
                cursor.write_text(response.cursor)

    if follow:
        call(key, followed, docexchange=docexchange)
        return
    for item in call(key, listed, docexchange=docexchange):
        _print(item)


def status(
    document: _Document,
    code: Annotated[str, typer.Argument(help="01 to 06.")],
    key: KeyOption,
    reason: Annotated[str, typer.Option(help="Why, for 02.")] = "",
    docexchange: DocexchangeOption = DOCEXCHANGE,
) -> None:
    """Report where your agency's copy stands."""
    if code not in _STATUS:
        raise typer.BadParameter(f"one of {', '.join(_STATUS)}", param_hint="code")

    async def work(lienthong: Lienthong) -> document_pb2.Document:
        request = document_service_pb2.ReportStatusRequest(
            document=document, status=_STATUS[code], reason=reason, request_id=str(uuid.uuid4())
        )
        return (await lienthong.documents.ReportStatus(request)).document

    for delivery in call(key, work, docexchange=docexchange).deliveries:
        out.print(f"{delivery.recipient}  {_name(delivery.status)}", markup=False, soft_wrap=True)


def trace(document: _Document, key: KeyOption, docexchange: DocexchangeOption = DOCEXCHANGE) -> None:
    """Show what happened to a document."""

    async def work(lienthong: Lienthong) -> list[mailbox_service_pb2.TraceEntry]:
        request = mailbox_service_pb2.GetTraceRequest(document=document, page_size=1000)
        return list((await lienthong.mailbox.GetTrace(request)).entries)

    table = Table("time", Column("what", overflow="fold"), "by", "about", "status", "position")
    for entry in call(key, work, docexchange=docexchange):
        when = entry.time.ToDatetime(UTC).astimezone(_VIETNAM)
        place = f"{entry.position.partition}/{entry.position.position}"
        said = _name(entry.status) if entry.status else ""
        table.add_row(
            f"{when:%Y-%m-%d %H:%M:%S}", entry.event.rpartition(".")[2], entry.agency, entry.recipient, said, place
        )
    out.print(table)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An edXML message.")],
    key: KeyOption,
    docexchange: DocexchangeOption = DOCEXCHANGE,
) -> None:
    """Hand in an edXML message."""

    async def work(lienthong: Lienthong) -> document_pb2.Document:
        return (await lienthong.import_message(file)).document

    sent = call(key, work, docexchange=docexchange)
    out.print(f"{sent.id}  {sent.code}", markup=False, soft_wrap=True)


def export(
    document: _Document,
    file: Annotated[Path, typer.Argument(help="Where the edXML message is written.")],
    key: KeyOption,
    docexchange: DocexchangeOption = DOCEXCHANGE,
) -> None:
    """Write a document as an edXML message."""

    async def work(lienthong: Lienthong) -> int:
        return await lienthong.export_message(document, file)

    out.print(f"{file}  {call(key, work, docexchange=docexchange)} bytes", markup=False, soft_wrap=True)


def _print(item: mailbox_service_pb2.InboxItem) -> None:
    out.print(
        f"{item.document}  {_name(item.status):<10}  {item.sender:<8}  {item.code}  {item.subject}",
        markup=False,
        soft_wrap=True,
    )


def _name(value: document_pb2.Status.ValueType) -> str:
    name = document_pb2.Status.Name(value).removeprefix("STATUS_").lower()
    return "on its way" if name == "unspecified" else name.replace("_", " ")
