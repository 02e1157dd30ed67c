"""The suite of the store port. An adapter subclasses it, says how it is opened and how its room runs out:

class TestSqliteStore(StoreConformance):
    def open_store(self, place, *, log=LOG, partitions=PARTITIONS, now=at_start): ...
    def without_room(self, store): ...
"""

from __future__ import annotations

from eventlog.conformance.store_appends import AppendCases
from eventlog.conformance.store_model import ModelCases
from eventlog.conformance.store_port import LOG, PARTITIONS
from eventlog.conformance.store_races import RaceCases
from eventlog.conformance.store_reading import ReadCases
from eventlog.conformance.store_requests import RequestCases

__all__ = ["LOG", "PARTITIONS", "StoreConformance"]


class StoreConformance(AppendCases, RequestCases, ReadCases, RaceCases, ModelCases):
    """All cases of the store port; every test ends with an audit of the whole log."""
