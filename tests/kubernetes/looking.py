"""What an operator would look at when something is wrong: pods, events, last words and logs of a namespace."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from tests.kubernetes.cluster import Cluster
from tests.kubernetes.programs import CommandFailed

_LINES = "40"


def tell(cluster: Cluster) -> None:
    """Print it to the error output."""
    for title, text in _seen(cluster):
        sys.stderr.write(f"\n--- {cluster.name}: {title}\n{text.rstrip()}\n")


def last_words(cluster: Cluster, selector: str = "") -> dict[str, str]:
    """Return the termination messages of a namespace's containers, by pod/container."""
    return {
        f"{pod['metadata']['name']}/{container['name']}": message
        for pod in cluster.items("pods", selector)
        for container in pod["status"].get("containerStatuses", ())
        if (message := _message(container))
    }


def _message(container: Any) -> str:
    """Return the termination message of the last end of a container: of this one, or of the one before."""
    ends = (container.get(state, {}).get("terminated", {}) for state in ("state", "lastState"))
    return next((end["message"].strip() for end in ends if end.get("message")), "")


def _seen(cluster: Cluster) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(CommandFailed):  # the cluster itself may be away: what was seen is told
        yield "pods", cluster.kubectl("get", "pods,jobs", "-o", "wide")
        yield "events", cluster.kubectl("get", "events", "--sort-by=.lastTimestamp")
        yield "last words", "\n".join(f"{name}: {text}" for name, text in last_words(cluster).items())
        for pod in cluster.items("pods"):
            yield f"log of {pod['metadata']['name']}", _log(cluster, pod["metadata"]["name"])


def _log(cluster: Cluster, pod: str) -> str:
    try:
        return cluster.kubectl("logs", pod, "--all-containers", f"--tail={_LINES}")
    except CommandFailed as error:
        return str(error)
