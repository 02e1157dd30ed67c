"""Folding a batch of records into the rows of one view, in memory.

Invariant: a record is folded into all rows that it touches or into none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from eventlog.record import Recorded

    from views.view import Key, View

Step = tuple["Recorded", "Sequence[Key] | Exception"]


def plan(view: View, records: Sequence[Recorded]) -> list[Step]:
    """Return the records that concern the view, each with its keys, or with what `keys` raised."""
    types, keys_of = view.types, view.keys_of
    steps: list[Step] = []
    for record in records:
        if record.type_name in types:
            try:
                steps.append((record, keys_of(record)))
            except Exception as error:  # noqa: BLE001 - whatever an author's code raises poisons the stream
                steps.append((record, error))
    return steps


def keys_in(steps: Sequence[Step]) -> list[Key]:
    """Return the distinct keys of all steps."""
    return list(dict.fromkeys([key for _, keys in steps if not isinstance(keys, Exception) for key in keys]))


def fold(
    view: View, steps: Sequence[Step], rows: dict[Key, dict[str, Any]], parked: Collection[str]
) -> tuple[dict[Key, dict[str, Any] | None], list[tuple[Recorded, Exception]]]:
    """Fold steps into `rows`; return the changed rows, None for deleted, and the failures.

    Records of `parked` streams, and those of a stream after its failure, are passed over.
    """
    changed: dict[Key, dict[str, Any] | None] = {}
    failures: list[tuple[Recorded, Exception]] = []
    stopped: set[str] = set()
    folding, complete = view.fold, view.complete
    for record, keys in steps:
        stream = record.stream
        if stream in parked or stream in stopped:
            continue
        try:
            if isinstance(keys, Exception):
                raise keys  # noqa: TRY301 - failures of keys and of fold take the same way
            made = []
            for key in keys:
                row = folding(key, changed[key] if key in changed else rows.get(key), record)
                made.append((key, None if row is None else complete(key, row)))
        except Exception as error:  # noqa: BLE001 - whatever an author's code raises poisons the stream
            stopped.add(stream)
            failures.append((record, error))
            continue
        changed.update(made)
    return changed, failures
