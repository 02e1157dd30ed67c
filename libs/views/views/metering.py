"""How many streams each view has not folded, for whoever looks: of the views that run in this process.

What is told is what the process saw last of the catalogue, so that looking asks no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.metering import Running, observe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from views.standing import Standing

standings: Running[Standing] = Running()


def view_poisoned() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return for each view the streams that its answering generation, or else its newest, has not folded."""
    for standing in standings.all():
        moment = standing.last
        for view in standing.views:
            generation = moment.live(view) or next(iter(moment.of(view)[::-1]), None)
            if generation is not None:
                yield {"view": view}, len(moment.parked.get((view, generation.number), ()))


observe("lienthong.view.poisoned", "Streams that are not folded into a view", view_poisoned, "{stream}")
