"""A crash at a chosen step: an error that nothing may swallow."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from views.runtime import Views


class Crash(BaseException):
    pass


def crash_at(views: Views, step: int) -> Callable[[], None]:
    """Make the process die at the n-th statement or commit from now on; return how to take it back."""
    left = [step]

    def die(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    engine = views._database.writer
    for name in ("before_cursor_execute", "commit"):
        sa.event.listen(engine, name, die)

    def undo() -> None:
        for name in ("before_cursor_execute", "commit"):
            sa.event.remove(engine, name, die)

    return undo
