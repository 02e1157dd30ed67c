"""The tour: a day of document exchange between invented agencies, played through the platform's own APIs."""

from typing import Final

LEAST: Final = 40
"""Documents of a tour: with fewer there is no room for all that must happen."""
