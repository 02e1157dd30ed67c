"""Measure the platform: `python -m tests.bench [--json] [--only NAME] [--write]`.

Each benchmark runs in a process of its own, one after the other. `--json` ends with one line, an array of
{name, value, unit, ceiling, ratio, goal, met}; `--write` writes docs/benchmarks.md from the run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib import import_module
from typing import Any

from grpckit.process import prepare_process

from tests.bench import page

BENCHMARKS = {  # module: the names of its results
    "append": ("append_sqlite_1", "append_sqlite_32", "append_sqlite_256"),
    "send": ("send_document_vs_echo",),
    "telemetry": ("send_document_traced", "send_document_traced_always"),
    "seen": ("send_to_seen_p50", "send_to_seen_p99"),
    "rebuild": ("view_rebuild", "view_rebuild_counting"),
    "append_postgresql": (
        *("append_postgresql_1", "append_postgresql_32", "append_postgresql_256"),
        "append_vs_eventsourcing",
    ),
    "crossing": ("relay_vs_producer", "consume_vs_consumer"),
    "seen_kafka": ("send_to_seen_kafka_p50", "send_to_seen_kafka_p99", "send_to_seen_replica_p99"),
    "rebuild_postgresql": ("view_rebuild_postgresql", "view_rebuild_postgresql_counting"),
    "growth": ("growth_append", "growth_inbox"),
    "footprint": ("memory", "ready"),
    "pods": ("pod_identity_memory", "pod_identity_ready", "pod_docexchange_memory", "pod_docexchange_ready"),
    "large": ("edxml_200mb_memory", "edxml_200mb_memory_client"),
}
_LONGEST = 900  # seconds of one benchmark


def main() -> int:
    """Run what is asked for; 1 when a benchmark failed. A goal that is missed is a figure, not a failure."""
    options = _options()
    if options.module:
        benchmark = import_module(f"tests.bench.{options.module}")
        prepare_process()
        results = benchmark.measure()
        sys.stdout.write(json.dumps([each.as_json() for each in results]) + "\n")
        return 0
    results, failed = [], False
    for module, names in BENCHMARKS.items():
        if options.only and options.only != module and options.only not in names:
            continue
        measured = _measured(module)
        failed |= not measured
        results += measured
        for each in measured:
            sys.stderr.write(f"{page.line(each)}\n")
    if options.write and not failed and not options.only:
        page.write(results)
    if options.json:
        sys.stdout.write(json.dumps(results) + "\n")
    return int(failed)


def _measured(module: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.bench", "--module", module]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=_LONGEST, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{module}: {error}\n")
        return []
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the platform.")
    every = [*BENCHMARKS, *(name for names in BENCHMARKS.values() for name in names)]
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--only", choices=every, metavar="NAME", help=f"one benchmark: {', '.join(every)}")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md from the whole run")
    parser.add_argument("--module", choices=BENCHMARKS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
