"""A docexchange of the next version: the same program, but each of its views has a newer version.

`python -m drills.newer` is what a roll-out starts where `python -m docexchange_service` ran. Its first replica folds
the new views beside those that the older replicas answer from; where both run, the older ones stand by.
"""

from __future__ import annotations

from dataclasses import replace

from docexchange_service import __main__ as service
from docexchange_service import app
from docexchange_service.views import VIEWS


def main() -> None:
    """Serve, as the newer program."""
    newer = tuple(replace(view, version=view.version + 1) for view in VIEWS)
    setattr(app, "VIEWS", newer)  # noqa: B010 - what another release of the package would have in its place
    service.main()


if __name__ == "__main__":
    main()
