"""The time of Vietnam, by itself: most who need it need no calendar of holidays, which is slow to import."""

from datetime import timedelta, timezone
from typing import Final

VIETNAM_TIME: Final = timezone(timedelta(hours=7), "ICT")
