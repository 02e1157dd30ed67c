"""Docker, where there is one: the client alone does not help."""

from __future__ import annotations

import subprocess
import sys

_ASK = "import docker; docker.from_env(timeout=3).ping()"
_PATIENCE = 15  # seconds


def docker_answers() -> bool:
    """Tell whether there is a Docker engine.

    A process of its own asks: where there is none, Docker's library leaves a socket open, which is a warning here.
    """
    try:
        asked = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - our own
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
