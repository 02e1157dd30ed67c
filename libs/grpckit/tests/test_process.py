"""A process that serves is set up once."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import gc, sys
from grpckit.process import prepare_process
prepare_process()
print(gc.get_threshold()[0] >= 10_000, gc.get_freeze_count() > 0, sys.getswitchinterval() < 0.005)
"""


def test_what_was_imported_is_never_collected_and_the_young_not_at_every_turn() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["True", "True", "True"]
