"""How a process that serves is set up: what the interpreter does by itself, and how often."""

from __future__ import annotations

import gc
import sys

_SWITCH_SECONDS = 0.0005  # writers and followers are threads: the event loop should not wait 5 ms for its turn
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50  # objects, young collections, middle collections


def prepare_process() -> None:
    """Set up the interpreter for serving; call it once, when everything is imported.

    A batch of records is some ten thousand objects that live for a moment and hold no cycles. With the interpreter's
    own thresholds (700 objects) the collector walks them again and again: a third of the time of folding a view.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what was imported is never garbage: do not look through it again
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
