"""What belongs to a log in a PostgreSQL database: its schema, the schema of its service's views, and their role.

They are told apart by a prefix, so no log can be called as something that PostgreSQL or another program owns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventlog.errors import UsageError

_possible = re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch


@dataclass(frozen=True)
class Names:
    """The names for a log; UsageError when it cannot have any: small letters, digits and _ only, at most 40."""

    log: str

    def __post_init__(self) -> None:
        if not _possible(self.log):
            raise UsageError(f"a log in PostgreSQL cannot be called {self.log!r}: small letters, digits and _ only")

    @property
    def schema(self) -> str:
        """The schema of the log's tables; also the channel on which commits are told."""
        return f"log_{self.log}"

    @property
    def views(self) -> str:
        """The schema in which the service may make and drop tables: what is in it is disposable."""
        return f"views_{self.log}"

    @property
    def role(self) -> str:
        """The group role that services work under; whoever may log in and is a member of it can run the service."""
        return f"lienthong_{self.log}"
