"""`lienthong log verify`: reads a whole log, checks what must hold of it, and compares it with its topic."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from eventlog.errors import StoreUnavailable
from eventlog.record import Recorded
from eventlog.verifying import Verifying
from rich.console import Console

from lienthong_sdk.commands.directory import OPERATOR_KEY
from lienthong_sdk.commands.engines import DatabaseOption, KafkaOption, LogOption, open_topic, telling_faults
from lienthong_sdk.commands.operations import progress_bar
from lienthong_sdk.session import DOCEXCHANGE, KeyOption, out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eventlog.kafka import KafkaTopic
    from rich.progress import Progress

    from lienthong_sdk.commands.verify_sources import Read

_PATIENCE = 60.0  # seconds in which the topic must give something
_BATCH = 5000
_ADVICE = (
    "Change nothing. Keep the database and the topic as they are, verify a backup and the other one of the two, and "
    "see docs/operations/drills.md: what a log once held can be had again from its topic, and a topic from its log."
)
_errors = Console(stderr=True)


def register(logs: typer.Typer) -> None:
    """Add the command."""
    logs.command("verify")(verify)


def verify(
    from_file: Annotated[Path | None, typer.Option("--from", help="A log.sqlite of the embedded platform.")] = None,
    service: Annotated[str, typer.Option("--service", help="Address of a service; read as an auditor.")] = "",
    database_url: DatabaseOption = "",
    kafka: KafkaOption = "",
    log: LogOption = None,
    key: KeyOption = OPERATOR_KEY,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each log.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Check every record of a log, and every byte of its topic where Kafka is given; exit status 1 with a fault.

    It reads the file, else the service, else the database's logs; without any of them, docexchange's service.
    """
    sound = True
    with telling_faults(), ExitStack() as opened:
        topic = opened.enter_context(open_topic(kafka)) if kafka and from_file is None else None
        for read in _sources(from_file, service, database_url, log, key):
            verification = _Verification(topic)
            with progress_bar(quiet=as_json) as bar:
                verification.run(read, bar)
            _tell(verification, as_json=as_json)
            sound = sound and not verification.found
    if not sound:
        _errors.print(_ADVICE, markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _sources(from_file: Path | None, service: str, url: str, logs: Sequence[str] | None, key: Path) -> Iterator[Read]:
    from lienthong_sdk.commands import verify_sources  # noqa: PLC0415 - see `engines`

    if from_file is not None:
        yield verify_sources.file(from_file)
    elif service or not url:
        yield verify_sources.service(service or DOCEXCHANGE, key)
    else:
        from eventlog.postgresql.about import logs_in  # noqa: PLC0415 - see `engines`

        for name in logs or logs_in(url):
            yield verify_sources.database(url, name)


class _Verification:
    """One log's verification."""

    def __init__(self, topic: KafkaTopic | None) -> None:
        self._topic = topic
        self.verifying = Verifying("", 0)
        self.heads: Sequence[int] = ()
        self.published: Sequence[int] | None = None
        self.seconds = 0.0

    @property
    def found(self) -> int:
        """How many faults there are."""
        return self.verifying.found

    def run(self, read: Read, bar: Progress) -> None:
        """Read, check and compare."""
        began = time.monotonic()

        def begin(log: str, heads: Sequence[int]) -> None:
            self.verifying, self.heads = Verifying(log, len(heads)), heads
            bar.update(task, description=log, total=sum(heads))

        def take(partition: int, data: bytes, stored: Recorded | None) -> None:
            if stored is None:
                self.verifying.take(partition, data)
            else:
                self.verifying.take_stored(stored)
            bar.advance(task)

        task = bar.add_task("the log", total=None)
        read(begin, take)
        for partition, head in enumerate(self.heads):
            self.verifying.ends(partition, head)
        if self._topic is not None:
            self._compare(self._topic, read, bar)
        self.seconds = time.monotonic() - began

    def _compare(self, topic: KafkaTopic, read: Read, bar: Progress) -> None:
        """Compare as far as log and topic had got; either may have gone on since."""
        verifying = self.verifying
        self.published = list(topic.heads(verifying.log, len(self.heads)))
        ends = [min(both) for both in zip(self.heads, self.published, strict=True)]
        if ends != self.published:
            for partition, head in enumerate(_heads_now(read)):
                verifying.holds(partition, head, self.published[partition])
        task = bar.add_task(f"{verifying.log}: the topic", total=sum(ends))
        wanted = {partition: 0 for partition, end in enumerate(ends) if end}
        feed = topic.source(verifying.log, len(self.heads)).subscribe("verify", dict(wanted))
        heard = time.monotonic()
        try:
            while any(position < ends[partition] for partition, position in wanted.items()):
                for recorded in feed.poll(_BATCH, 1.0):
                    heard = time.monotonic()
                    if recorded.position < ends[recorded.partition]:
                        bar.advance(task, self._compared(recorded, wanted))
                if time.monotonic() - heard > _PATIENCE:
                    raise StoreUnavailable(f"the topic of {verifying.log} does not show its end; try again")
        finally:
            feed.close()

    def _compared(self, recorded: Recorded, wanted: dict[int, int]) -> int:
        """Compare one message; return how far that got the partition. A repeat must be the same bytes too."""
        partition, position = recorded.partition, recorded.position
        self.verifying.compare(partition, position, recorded.data)
        if position > wanted[partition]:
            self.verifying.absent(partition, wanted)
        gained = max(position + 1 - wanted[partition], 0)
        wanted[partition] += gained
        return gained


class _Enough(Exception):
    """The heads are known."""


def _heads_now(read: Read) -> Sequence[int]:
    heads: list[int] = []

    def begin(_log: str, found: Sequence[int]) -> None:
        heads.extend(found)
        raise _Enough

    with suppress(_Enough):
        read(begin, lambda _partition, _data, _stored: None)
    return heads


def _tell(verification: _Verification, *, as_json: bool) -> None:
    verifying = verification.verifying
    if as_json:
        typer.echo(json.dumps(_report(verification), ensure_ascii=False))
        return
    for partition, size in enumerate(verifying.sizes):
        digest = verifying.root(partition).hex()
        out.print(f"{verifying.log}/{partition}  {size}  {digest}", markup=False, soft_wrap=True)
    told = (
        f"{verifying.log}: {sum(verifying.sizes)} records in {verification.seconds:.1f} s; digests are RFC 6962 roots"
    )
    if verification.published is not None:
        late = sum(max(has - there, 0) for has, there in zip(verification.heads, verification.published, strict=True))
        told += f"; the topic is compared, {late} records were not in it yet"
    out.print(f"{told}; {verifying.found or 'no'} faults", markup=False, soft_wrap=True)
    for fault in verifying.faults:
        where = f"{verifying.log}/{fault.partition} position {fault.position}"
        out.print(f"FAULT {where} {fault.what}", markup=False, soft_wrap=True)


def _report(verification: _Verification) -> dict[str, object]:
    verifying = verification.verifying
    return {
        "log": verifying.log,
        "records": sum(verifying.sizes),
        "partitions": [
            {"partition": partition, "size": size, "rfc6962_root": verifying.root(partition).hex()}
            for partition, size in enumerate(verifying.sizes)
        ],
        "published": verification.published,
        "seconds": round(verification.seconds, 3),
        "found": verifying.found,
        "faults": [vars(each) for each in verifying.faults],
    }
