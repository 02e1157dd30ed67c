"""Calls that failed although the client tries again by itself: a drill without faults has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from drills.finding import must
from drills.site import Site
from drills.steps import Steps


@contextmanager
def no_call_fails(site: Site, steps: Steps) -> Iterator[None]:
    """Found when a call of the load fails meanwhile, after the client's own tries."""
    ledger = site.watch.load.docexchange
    before = dict(ledger.failures)
    yield
    failed = {how: count - before.get(how, 0) for how, count in ledger.failures.items() if count != before.get(how, 0)}
    steps.found("calls that failed", sum(failed.values()))
    must(not failed, f"calls failed that the client's own tries should have saved: {failed}")
