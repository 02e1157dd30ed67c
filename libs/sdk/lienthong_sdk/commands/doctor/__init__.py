"""`lienthong doctor`: looks at everything that a platform stands on, and says what to do about what it finds.

It changes nothing. What an argument was not given for is told as skipped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from lienthong_sdk.commands.directory import OPERATOR_KEY
from lienthong_sdk.commands.doctor.finding import Finding, Verdict
from lienthong_sdk.commands.engines import DatabaseOption, KafkaOption, telling_faults
from lienthong_sdk.session import DOCEXCHANGE, IDENTITY, DocexchangeOption, IdentityOption, KeyOption, out, signer, tls

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIPPED: "dim"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    identity: IdentityOption = IDENTITY,
    docexchange: DocexchangeOption = DOCEXCHANGE,
    key: KeyOption = OPERATOR_KEY,
    database_url: DatabaseOption = "",
    kafka: KafkaOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Examine services, database and topics, and say what to do; exit status 1 when something fails."""
    from lienthong_sdk.commands.doctor.examination import Examination  # noqa: PLC0415 - see `engines`

    addresses = {"identity": identity, "docexchange": docexchange}
    operator = None if key == OPERATOR_KEY and not key.exists() else signer(key)
    found: list[Finding] = []
    with telling_faults():
        for finding in Examination(addresses, operator, tls(), database_url, kafka).run():
            found.append(finding)
            if not as_json:
                _print(finding)
    _sum_up(found, as_json=as_json)
    if any(each.verdict is Verdict.FAIL for each in found):
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    out.print(f"{finding.verdict:8}", style=_STYLES[finding.verdict], end="")
    out.print(f"{finding.subject}  {finding.check}: {finding.found}", markup=False, soft_wrap=True)
    if finding.remedy:
        out.print(f"        -> {finding.remedy}", markup=False, soft_wrap=True)


def _sum_up(found: Sequence[Finding], *, as_json: bool) -> None:
    counts = {str(verdict): sum(each.verdict is verdict for each in found) for verdict in Verdict}
    if as_json:
        typer.echo(json.dumps({"counts": counts, "findings": [asdict(each) for each in found]}, ensure_ascii=False))
        return
    out.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
