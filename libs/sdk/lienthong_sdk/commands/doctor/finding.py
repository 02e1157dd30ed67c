"""What the doctor finds: one line for each thing looked at, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  # it works, and will not always
    FAIL = "FAIL"
    SKIPPED = "skipped"  # what it needs was not given


@dataclass(frozen=True)
class Finding:
    """`found` when looking at `subject` for `check`; `remedy` where there is something to do."""

    subject: str  # "identity 10.0.0.1:7001", "database", "topic lienthong.identity"
    check: str
    verdict: Verdict
    found: str
    remedy: str = ""


def ok(subject: str, check: str, found: str) -> Finding:
    """Say that all is well."""
    return Finding(subject, check, Verdict.OK, found)


def warn(subject: str, check: str, found: str, remedy: str) -> Finding:
    """Say that it works, and will not always."""
    return Finding(subject, check, Verdict.WARN, found, remedy)


def fail(subject: str, check: str, found: str, remedy: str) -> Finding:
    """Say that it does not work, or loses something."""
    return Finding(subject, check, Verdict.FAIL, found, remedy)


def skipped(subject: str, check: str, needs: str) -> Finding:
    """Say that it could not be looked at."""
    return Finding(subject, check, Verdict.SKIPPED, f"give {needs}")


def judged(subject: str, check: str, problem: str, found: str, remedy: str) -> Finding:
    """Return `problem` as a failure where there is one, else that `found` is well."""
    return fail(subject, check, problem, remedy) if problem else ok(subject, check, found)


def lag(subject: str, check: str, behind: int, remedy: str) -> Finding:
    """Judge how many records something is behind: a busy platform's are always some."""
    if behind <= MOST_BEHIND:
        return ok(subject, check, f"{behind} records behind" if behind else "at the head")
    return warn(subject, check, f"{behind} records behind", remedy)


MOST_BEHIND = 1000
