"""What the day came to: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lienthong.docexchange.v1 import document_pb2 as d
from lienthong_sdk.client import Addresses
from rich.console import Console
from rich.table import Table

from tour.audit import Audit
from tour.malformed import CASES

if TYPE_CHECKING:
    from tour.outcome import Outcome

_LABELS: Final = {
    d.STATUS_ARRIVED: "01 đã đến (arrived)",
    d.STATUS_REFUSED: "02 từ chối tiếp nhận (refused)",
    d.STATUS_ACCEPTED: "03 đã tiếp nhận (accepted)",
    d.STATUS_ASSIGNED: "04 phân công xử lý (assigned)",
    d.STATUS_IN_PROCESS: "05 đang xử lý (in process)",
    d.STATUS_COMPLETED: "06 hoàn thành (completed)",
}


@dataclass(frozen=True)
class Report:
    """The outcome; `seconds` from the start to the end of the audit; `engines` it ran on, if not embedded."""

    outcome: Outcome
    agencies: int
    audit: Audit
    seconds: float
    engines: Mapping[str, str]

    @property
    def failures(self) -> Sequence[str]:
        """All that was not as expected."""
        found = list(self.outcome.failures)
        if self.outcome.count["malformed_refused"] != len(CASES):
            found.append(f"{self.outcome.count['malformed_refused']} of {len(CASES)} malformed cases were refused")
        if not self.audit.clean:
            found.append(f"the audit found {self.audit}")
        return found

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures

    def to_json(self) -> str:
        """Return the outcome as one line."""
        count = self.outcome.count
        counted = ("recalled", "updated", "replaced", "replied", "forwarded_to_successor")
        outcome: dict[str, Any] = {
            "ok": self.ok,
            "agencies": self.agencies,
            "documents": count["documents"],
            "deliveries": count["deliveries"],
            "statuses": sum(self.outcome.statuses.values()),
            **{name: count[name] for name in counted},
            "malformed_sent": count["malformed_sent"],
            "malformed_refused": count["malformed_refused"],
            "records": self.audit.records,
            "audit": {
                "gaps": self.audit.gaps,
                "duplicate_versions": self.audit.duplicate_versions,
                "views_differ": self.audit.views_differ,
            },
            "latency_ms": {"p50": round(self.outcome.median, 1), "p99": round(self.outcome.slow, 1)},
            "seconds": round(self.seconds, 1),
        }
        return json.dumps(outcome | ({"engines": dict(self.engines)} if self.engines else {}))

    def print(self, console: Console) -> None:
        """Show the outcome."""
        console.print(self._table())
        for failure in self.failures:
            console.print(f"[red]✗[/red] {failure}", highlight=False, soft_wrap=True)
        if self.ok:
            audited = f"{self.audit.records:,} records re-read: every position, version and view is consistent"
            console.print(f"[green]✓[/green] every mailbox is as planned; {audited}", highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table(show_header=False, box=None, padding=(0, 2))
        table.add_column(style="bold")
        table.add_column(justify="right")
        for name, value in self._rows():
            table.add_row(name, value)
        return table

    def _rows(self) -> list[tuple[str, str]]:
        count, statuses = self.outcome.count, self.outcome.statuses
        return [
            ("Agencies", f"{self.agencies:,}"),
            ("Documents sent (edXML)", f"{count['documents']:,}"),
            ("Deliveries seen by receivers", f"{count['deliveries']:,}"),
            *((f"  {label}", f"{statuses[status]:,}") for status, label in _LABELS.items()),
            ("Recalled / updated / replaced", f"{count['recalled']} / {count['updated']} / {count['replaced']}"),
            ("  receivers agreed / refused", f"{count['agreed']} / {count['change_refused']}"),
            ("Answers to earlier documents", f"{count['replied']:,}"),
            ("Forwarded to the successor", f"{count['forwarded_to_successor']:,}"),
            ("Attachments downloaded and compared", f"{count['downloads']:,}"),
            ("Malformed, and refused as they must be", f"{count['malformed_refused']} of {count['malformed_sent']}"),
            ("From send to seen: median, p99", f"{self.outcome.median:.0f} ms, {self.outcome.slow:.0f} ms"),
            ("Seconds, records, records a second", self._throughput()),
            *((f"  {name}", version) for name, version in self.engines.items()),
        ]

    def _throughput(self) -> str:
        return f"{self.seconds:.0f}, {self.audit.records:,}, {self.audit.records / max(self.seconds, 0.1):,.0f}"


def staying(addresses: Addresses, operator_key: Path, agency_key: Path) -> list[str]:
    """Return what to tell who has a platform that stays up: addresses, keys, what to try next."""
    return [
        "",
        "The platform stays up until Ctrl+C.",
        f"  identity      {addresses.identity}",
        f"  docexchange   {addresses.docexchange}",
        f"  operator key  {operator_key}",
        f"  agency keys   {agency_key.parent}",
        "Try next:",
        *(f"  {line}" for line in try_next(addresses, operator_key, agency_key)),
    ]


def try_next(addresses: Addresses, operator_key: Path, agency_key: Path) -> list[str]:
    """Return commands to copy and paste, as the operator and as the system whose key files they are."""
    return [
        f"lienthong inbox --follow --key {agency_key} --docexchange {addresses.docexchange}",
        f"lienthong agency list --key {operator_key} --identity {addresses.identity}",
    ]
