"""The page docs/benchmarks.md, written from one run: every number in it was seen in that run."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

WHAT = {
    "append_sqlite_1": "durable appends of one event, 1 caller; ceiling: SQLite alone, the same rows and commits",
    "append_sqlite_32": "the same with 32 callers; ceiling: 32 a transaction",
    "append_sqlite_256": "the same with 256 callers; ceiling: 256 a transaction",
    "send_document_vs_echo": "signed SendDocument, 32 in flight; ceiling: a bare gRPC echo of the same sizes",
    "send_document_traced": "SendDocument with metrics, and one trace in ten, going to a collector on this machine; "
    "ceiling: the same with telemetry off",
    "send_document_traced_always": "the same with every trace",
    "send_to_seen_p50": "from the call to the line in the receiver's subscription, median; ceiling: the echo's round",
    "send_to_seen_p99": "the same, 99th percentile",
    "view_rebuild": "rebuild of the inbox: fold, compare, swap; ceiling: read, parse and count in a dict",
    "view_rebuild_counting": "the same of a view that only counts",
    "append_postgresql_1": "durable appends of one event on PostgreSQL, 1 caller; ceiling: `Application.save` of the "
    "library eventsourcing on the same server",
    "append_postgresql_32": "the same with 32 callers; ceiling: 32 threads that save",
    "append_postgresql_256": "the same with 256 callers; ceiling: 256 threads that save, on 60 connections",
    "append_vs_eventsourcing": "the line before, with its goal",
    "relay_vs_producer": "the relay from a log in SQLite to Kafka, positions and leases included; ceiling: a bare "
    "producer of kafka-python that sends the same keys and values, idempotent and acknowledged by all",
    "consume_vs_consumer": "reading them as a follower does, in order and parsed; ceiling: a bare consumer of "
    "kafka-python on the same messages, unparsed",
    "send_to_seen_kafka_p50": "from the call to another service that reads the log through Kafka, two replicas on "
    "PostgreSQL, median; ceiling: the echo's round",
    "send_to_seen_kafka_p99": "the same, 99th percentile",
    "send_to_seen_replica_p99": "from the call to the line in the receiver's subscription, at either replica",
    "view_rebuild_postgresql": "rebuild of the inbox on PostgreSQL; ceiling: read, parse and count in a dict",
    "view_rebuild_postgresql_counting": "the same of a view that only counts",
    "growth_append": "time an append takes in a log of 1,000,000 events, beside one of 10,000",
    "growth_inbox": "time ListInbox takes over views of 1,000,000 events, beside 10,000",
    "memory": "resident memory of the whole platform after a burst of sends and lists",
    "ready": "from the start of the process to serving, with data that is there",
    "pod_identity_memory": "resident memory of identity's process on PostgreSQL and Kafka, after the same burst",
    "pod_identity_ready": "from the start of its process to serving, with data that is there; what a cluster adds "
    "stands in [kubernetes.md](operations/kubernetes.md)",
    "pod_docexchange_memory": "the same of one replica of docexchange",
    "pod_docexchange_ready": "the same",
    "edxml_200mb_memory": "memory that the platform adds for a 200 MB edXML message in, and its attachment out",
    "edxml_200mb_memory_client": "the same of the client",
}

BOUNDS = {  # what bounds a figure whose goal is missed; no numbers but those of the table
    "append_sqlite_256": "Python, in turns with SQLite. The callers' part of an append (serialising, hashing the name "
    "of its stream, a future, waking up), its planning and sealing, and SQLite's inserts and commit (the ceiling) "
    "take turns; to let the callers work beside the inserts was slower in most of the runs that compared the two. The "
    "largest piece of SQLite's part is the commit: the WAL takes whole each index page that an event touches.",
    "send_document_vs_echo": "One interpreter. The event loop's thread alone takes more time a call than the whole "
    "echo: about half of it in gRPC, the rest in some thirty functions of admission, decision and answer, none of them "
    "large in a profile. The threads of writer, views, relay, push and the replacement process, which the echo does "
    "not have, want the same interpreter.",
    "send_to_seen_p99": "The commit's fdatasync, the views' transaction and the push each wake a thread in turn; on a "
    "machine whose cores are busy each wake-up waits for a core.",
    "view_rebuild": "Python's work a record: parsing envelope and event, the aggregate's rules for a copy, a row of "
    "fifteen columns, an upsert with three indexes, and reading both tables back to compare them. The ceiling, which "
    "only reads, parses and counts, shows how much of that is unavoidable in one interpreter; the counting view shows "
    "what the runtime itself costs.",
    "append_vs_eventsourcing": "One interpreter: callers, writer and lanes take turns in it, about half of the time of "
    "an append being the callers' part (serialising, hashing, a future), half the lanes' (planning, sealing, "
    "encoding). The server works beside them and waits. With more processes on more cores the server is the bound.",
    "relay_vs_producer": "Seven CloudEvents headers a record, which the library encodes one by one, and one batch at a "
    "time, since nothing may overtake what is not acknowledged.",
    "consume_vs_consumer": "Parsing each envelope, on top of what the library itself spends on a message.",
    "send_to_seen_kafka_p99": "The commit, the relay's wake-up, the broker and the reader's wake-up, each of which "
    "waits for a core on a busy machine.",
    "view_rebuild_postgresql": "As for the rebuild on SQLite, with rows that go to the server by COPY and an upsert, "
    "and the server on the same cores.",
    "growth_append": "Each append touches one page of the index of streams and one of the index of request ids, at "
    "random. In a small log many appends of a batch share a page; in a large one none do, and each page is written "
    "to the WAL and copied back by itself.",
    "growth_inbox": "Pages of a larger table are less often in SQLite's cache.",
    "ready": "Importing the services' modules and generated code, which a busy machine stretches.",
    "memory": "Generated code, SQLite's caches of log and views, and the states that the executors remember.",
    "edxml_200mb_memory": "Chunks on their way between gRPC, the spool and the blob store.",
    "edxml_200mb_memory_client": "Chunks on their way between gRPC and the file.",
}


def line(result: dict[str, Any]) -> str:
    """Return a result as one line for people."""
    goal = f"goal {result['goal']}: {'met' if result['met'] else 'missed'}" if result["goal"] else ""
    return f"{result['name']:27} {_number(result['value']):>9} {result['unit']:9} {_beside(result):32} {goal}".rstrip()


def write(results: Sequence[dict[str, Any]]) -> None:
    """Write the page."""
    rows = "\n".join(_row(each) for each in results)
    missed = [each["name"] for each in results if each["met"] is False]
    bounds = "\n".join(f"- **{name}**: {BOUNDS[name]}" for name in missed) or "No goal was missed."
    what = "\n".join(f"- `{each['name']}`: {WHAT[each['name']]}." for each in results)
    _PAGE.write_text(f"""\
# Benchmarks

Written by `make bench ARGS=--write`; every number was seen in that one run. Ceilings are measured in the same run, by
turns with what they stand beside, so ratios say more than figures: these depend on the machine and its neighbours.

| benchmark | value | ceiling | ratio | goal | met |
|---|---|---|---|---|---|
{rows}

{what}

## What bounds the goals that were missed

{bounds}

## The machine and the run

{_machine()}

## Running it

    make bench                       # all, a line each
    make bench ARGS=--json           # ends with one line of JSON
    make bench ARGS="--only append"  # one benchmark, by the name of its module or of a result
    make bench ARGS=--write          # all, and this page anew

Each benchmark runs in a process of its own, on temporary data, over the loopback interface, and ends by itself. The
appends, the sends and their ceilings take turns of a second or two; medians count.
""")


def _row(result: dict[str, Any]) -> str:
    met = {True: "yes", False: "**no**", None: ""}[result["met"]]
    ceiling = "" if result["ceiling"] is None else _number(result["ceiling"])
    ratio = "" if result["ratio"] is None else f"{result['ratio']:.2f}"
    value = f"{_number(result['value'])} {result['unit']}"
    return f"| `{result['name']}` | {value} | {ceiling} | {ratio} | {result['goal']} | {met} |"


def _beside(result: dict[str, Any]) -> str:
    if result["ceiling"] is None:
        return ""
    ratio = "" if result["ratio"] is None else f", ratio {result['ratio']:.2f}"
    return f"ceiling {_number(result['ceiling'])}{ratio}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine() -> str:
    day = datetime.now(UTC)
    memory = psutil.virtual_memory().total / 1e9
    libraries = ", ".join(f"{name} {version(name)}" for name in ("grpcio", "protobuf", "SQLAlchemy", "uvloop"))
    load = os.getloadavg()[2]
    return (
        f"{day:%Y-%m-%d}; {os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release()}. Load average of the last 15 minutes at the end of the run: {load:.1f}; the benchmarks "
        f"themselves keep two cores busy, and more than that was somebody else's.\n\n"
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}."
    )


def _processor() -> str:
    for entry in Path("/proc/cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            return entry.partition(":")[2].strip()
    return platform.machine()
