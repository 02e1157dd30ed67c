"""python -m chartcheck [check | write]: judge the chart, or write its examples and README anew.

Exit status: 0 all is well; 1 findings, one a line; 2 it cannot be checked, with one line that says why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chartcheck.checking import Places, findings, write
from chartcheck.finding import CannotCheck


def main(arguments: list[str] | None = None) -> int:
    """Do what the command says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m chartcheck", description="Check the Helm chart without a cluster")
    parser.add_argument("command", nargs="?", choices=["check", "write"], default="check")
    parser.add_argument("--root", type=Path, default=Path(), help="of the repository; default the current folder")
    given = parser.parse_args(arguments)
    try:
        return {"check": _check, "write": _write}[given.command](Places(given.root))
    except CannotCheck as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2


def _check(places: Places) -> int:
    found = list(findings(places))
    for finding in found:
        print(finding)  # noqa: T201 - as above
    return 1 if found else 0


def _write(places: Places) -> int:
    for file in write(places):
        print(file)  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
