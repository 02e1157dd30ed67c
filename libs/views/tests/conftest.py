from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from eventlog.record import Recorded
from google.protobuf.wrappers_pb2 import StringValue
from views import runtime
from views.runtime import Followed, Views
from views.specification import MemoryLog
from views.view import Key, Row, View

Open = Callable[..., Views]


def keys(record: Recorded) -> list[Key]:
    """`word` concerns its own row; `a+b` two rows."""
    return [(word.strip("!-"),) for word in record.event.value.split("+")]  # type: ignore[attr-defined]


def fold(key: Key, row: Row | None, record: Recorded) -> Row | None:
    """Count; `word-` deletes the row, `word!` cannot be folded."""
    text = record.event.value  # type: ignore[attr-defined]
    if text.endswith("!"):
        raise ValueError(text)
    if text.endswith("-"):
        return None
    return {"seen": 1 if row is None else row["seen"] + 1, "last": f"{record.stream}:{record.version}:{key[0]}"}


@pytest.fixture
def words() -> View:
    return View(
        name="words",
        version=1,
        log="text",
        columns=[
            sa.Column("word", sa.String, primary_key=True),
            sa.Column("seen", sa.Integer, nullable=False, default=0),
            sa.Column("last", sa.String),
        ],
        types=frozenset({"google.protobuf.StringValue"}),
        keys=keys,
        fold=fold,
        indexes=[("last",)],
    )


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("text", 2)


@pytest.fixture
def say(log: MemoryLog) -> Callable[[str, str], Recorded]:
    return lambda stream, text: log.append(stream, StringValue(value=text))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a database that holds nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'views.db'}"
    return str(request.getfixturevalue("fresh_database"))


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop retired tables at once: the test reads none of them."""
    monkeypatch.setattr(runtime, "_GRACE", 0)


@pytest.fixture
def opened(url: str, log: MemoryLog) -> Iterator[Open]:
    """Open views on one database; what a test leaves open is stopped after it."""
    open_ones: list[Views] = []

    def opens(*views: View, **options: object) -> Views:
        made = Views(url, views, [Followed(log.source, log.heads)], **options)  # type: ignore[arg-type]
        open_ones.append(made)
        return made

    yield opens
    for each in open_ones:
        each.stop()


def _contents(views: Views, view: str = "words") -> dict[Key, dict[str, object]]:
    rows = views.read_here(lambda connection, tables: connection.execute(sa.select(tables[view])).all())
    return {(row[0],): dict(row._mapping) for row in rows}


@pytest.fixture
def contents() -> Callable[..., dict[Key, dict[str, object]]]:
    return _contents
