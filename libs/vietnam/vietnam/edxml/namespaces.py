"""Names of the edXML format (QCVN 102:2016/BTTTT as amended in 2022)."""

from typing import Final

EDXML: Final = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
XLINK: Final = "http://www.w3.org/1999/xlink"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
PREFIX: Final = "edXML:"
"""Written literally: a widespread receiver refuses children without it."""

MISSPELLED: Final = "Bussiness"
CORRECT: Final = "Business"


def canonical(name: str) -> str:
    """Return the spelling of the widespread implementations: `BusinessDocType` becomes `BussinessDocType`."""
    return MISSPELLED + name.removeprefix(CORRECT) if name.startswith(CORRECT) else name
