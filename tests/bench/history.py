"""A history of document exchange as docexchange's log holds it: documents sent, and their copies on their way."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from docexchange_service.document import document_id, stream_of
from eventlog.partition import partition_of
from eventlog.record import prepare
from eventlog.sqlite_store import SqliteStore
from eventlog.store import Append, Request, Store
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from lienthong.log.v1 import record_pb2

LOG, PARTITIONS = "docexchange", 4
AGENCIES = [f"H{number:02}" for number in range(1, 64)]
_FIRST_DAY = date(2025, 1, 1)
_WAY = (d.STATUS_ARRIVED, d.STATUS_ACCEPTED, d.STATUS_COMPLETED)
_BATCH = 5_000
_CAUSE = record_pb2.Cause(correlation_id="c" * 36).SerializeToString()
_SEND, _REPORT = (f"/lienthong.docexchange.v1.DocumentService/{name}" for name in ("SendDocument", "ReportStatus"))


def write_file(path: Path, events: int) -> SqliteStore:
    """Make a log in a file; it is flushed to the disk only at its end, for it is no one's truth."""
    store = SqliteStore(path, LOG, PARTITIONS)
    connection = store.file._writer
    connection.execute("PRAGMA synchronous=OFF")
    write(store, events)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA synchronous=FULL")
    return store


def write(store: Store, events: int) -> None:
    """Append that many events to an empty log, those of a lane together."""
    batch: list[Append] = []
    for append, _ in zip(appends(), range(events), strict=False):
        batch.append(append)
        if len(batch) == _BATCH:
            _store(store, batch)
            batch.clear()
    if batch:
        _store(store, batch)


def _store(store: Store, batch: list[Append]) -> None:
    lanes: dict[int, list[Append]] = {}
    for append in batch:
        lanes.setdefault(partition_of(append.stream, store.partitions) % store.lanes, []).append(append)
    for appends_of_lane in lanes.values():
        store.append(appends_of_lane)


def appends() -> Iterator[Append]:
    """Give appends of one event: a document to one or two agencies, then what each reports of its copy."""
    chance = random.Random(1)  # noqa: S311 - the same history in every run
    number = 0
    while True:
        number += 1
        day = _FIRST_DAY + timedelta(days=number // 3_000)
        sender, *recipients = chance.sample(AGENCIES, 2 + number % 2)
        sent = _sent(sender, recipients, number, day)
        stream = stream_of(sent.document)
        yield _append(stream, 0, sent, _SEND, sender)
        version = 0
        for recipient in recipients:
            for status in _WAY:
                version += 1
                reported = e.DeliveryStatusReported(
                    document=sent.document, recipient=recipient, status=status, time=sent.time
                )
                yield _append(stream, version, reported, _REPORT, recipient)


def _sent(sender: str, recipients: list[str], number: int, day: date) -> e.DocumentSent:
    code = f"{sender},{day:%Y/%m/%d},{number}/UBND-VX"
    return e.DocumentSent(
        document=document_id(code, day),
        code=code,
        sender=sender,
        content=d.Content(
            number=str(number),
            notation="UBND-VX",
            promulgation_date=Date(year=day.year, month=day.month, day=day.day),
            subject=f"V/v kết nối, liên thông phần mềm quản lý văn bản giữa các cơ quan, đợt {number}",
            priority=d.PRIORITY_NORMAL,
        ),
        recipients=recipients,
        time=Timestamp(seconds=1_735_700_000 + number),
    )


def _append(stream: str, version: int, event: Message, method: str, agency: str) -> Append:
    number = uuid.uuid4()
    request = Request(str(number), hashlib.sha256(number.bytes).digest())
    return Append(stream, version, (prepare(stream, event, _origin(method, agency), _CAUSE),), request)


@lru_cache
def _origin(method: str, agency: str) -> bytes:
    """Serialise an origin as grpckit makes it, with a signed request in it; of one size, not of one call each."""
    signature = record_pb2.CallSignature(
        key_id="0" * 32,
        payload_type=f"application/vnd.lienthong.call.v1+protobuf; method={method}; message=lienthong.docexchange.v1."
        f"Request; key={'0' * 32}; time=2026-11-20T08:00:00.000Z; nonce={'0' * 32}",
        payload=b"p" * (220 if method == _SEND else 80),
        signature=b"s" * 64,
    )
    system = f"{agency.lower()}-qlvb"
    origin = record_pb2.Origin(method=method, request_id="r" * 36, agency=agency, system=system, signature=signature)
    return origin.SerializeToString()
