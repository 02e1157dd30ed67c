"""What the user sees while the day runs: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

if TYPE_CHECKING:
    from types import TracebackType

_LINE_SECONDS: Final = 5.0


class Show(Protocol):
    """One stage after another, each with a number of things to do. A context manager."""

    def stage(self, title: str, total: int) -> None:
        """Begin a stage; the one before is over. `total` 0: nobody knows."""
        ...

    def advance(self, done: int, note: str = "") -> None:
        """Tell how many things of the stage are done, and what else is worth knowing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def show_on(out: TextIO | None, *, plain: bool) -> Show:
    """Return bars where `out` (by default the output) is a terminal, and plain lines where it is not or asked for."""
    to = out or sys.stdout
    return Lines(to) if plain or not to.isatty() else Bars(Console(file=to))


class Bars:
    """A bar a stage."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=10, table_column=Column(min_width=10)),
            MofNCompleteColumn(table_column=Column(min_width=9, no_wrap=True)),
            TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True)),
            TextColumn("[dim]{task.fields[note]}", table_column=Column(no_wrap=True)),
            console=console,
        )
        self._task: TaskID | None = None

    def stage(self, title: str, total: int) -> None:
        """See `Show.stage`."""
        self._finish()
        self._task = self._progress.add_task(title, total=total or None, note="")

    def advance(self, done: int, note: str = "") -> None:
        """See `Show.advance`."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, note=note)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        self._progress.stop()

    def _finish(self) -> None:
        if self._task is None:
            return
        [task] = [task for task in self._progress.tasks if task.id == self._task]
        total = task.total or task.completed or 1
        self._progress.update(self._task, total=total, completed=total)


class Lines:
    """A line a stage, and one every few seconds in between."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._total = 0
        self._told = 0.0
        self._begun = monotonic()

    def stage(self, title: str, total: int) -> None:
        """See `Show.stage`."""
        self._total = total
        self._told = monotonic()
        self._say(title)

    def advance(self, done: int, note: str = "") -> None:
        """See `Show.advance`."""
        if monotonic() - self._told >= _LINE_SECONDS:
            self._told = monotonic()
            of = f" of {self._total}" if self._total else ""
            self._say(f"  {done}{of}{'  ' if note else ''}{note}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def _say(self, text: str) -> None:
        print(f"{monotonic() - self._begun:6.1f} s  {text}", file=self._out, flush=True)
