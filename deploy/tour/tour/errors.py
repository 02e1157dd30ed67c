"""Why a tour cannot be played on a platform that runs already; each is one line for who asked for it.

TourError
├── NotFresh    agencies are registered there
└── OtherLog    a service has another log than its address was given for
"""

from __future__ import annotations


class TourError(Exception):
    """A tour cannot be played."""


class NotFresh(TourError):
    """Agencies are registered on the platform at `address`, of which `agency` is one."""

    def __init__(self, address: str, agency: str) -> None:
        super().__init__(
            f"the platform at {address} is not fresh: agency {agency} is registered. A tour registers the agencies of "
            "a whole country and counts all that is there: play it on a new platform, before anybody else uses it."
        )
        self.address, self.agency = address, agency


class OtherLog(TourError):
    """The service at `address` keeps the log `found`, where `wanted` was looked for."""

    def __init__(self, address: str, wanted: str, found: str) -> None:
        super().__init__(f"{address} is the address of {found}, not of {wanted}: see --identity and --docexchange")
        self.address, self.wanted, self.found = address, wanted, found
