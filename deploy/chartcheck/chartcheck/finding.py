"""What a check has found, and why a check could not be made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that must be mended: where it is, what is wrong, and the remedy."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return " ".join(f"{self.where}: {self.what}. {self.remedy}".split())


class NotRendered(Exception):
    """Helm refused, or gave what is no YAML; the text says it."""


class CannotCheck(Exception):
    """A check cannot be made at all; the text is the reason and the remedy."""
