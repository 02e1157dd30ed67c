"""The cluster, as kubectl and helm show it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kubernetes.programs import KIND, CommandFailed, Programs, run

Manifest = Mapping[str, Any]
_LOOK_SECONDS = 0.3


class Cluster:
    """One namespace of a cluster, gone with all that is in it at the end of `namespace`."""

    def __init__(self, programs: Programs, name: str) -> None:
        self.programs, self.name = programs, name

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """Run kubectl in the namespace; return what it printed. Raises CommandFailed."""
        return run([*self.programs.kubectl, "-n", self.name, *arguments], given=given, seconds=seconds)

    def get(self, *what: str) -> Any:
        """Return objects as kubectl gives them in JSON."""
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def items(self, kind: str, selector: str = "") -> list[Any]:
        """Return the objects of a kind that a selector of labels chooses."""
        found: list[Any] = self.get(kind, "-l", selector)["items"] if selector else self.get(kind)["items"]
        return found

    def apply(self, *manifests: Manifest) -> None:
        """Make objects, or change them."""
        whole = {"apiVersion": "v1", "kind": "List", "items": manifests}
        self.kubectl("apply", "-f", "-", given=json.dumps(whole))

    def helm(self, *arguments: str, given: str | None = None, seconds: float = 300) -> str:
        """Run helm in the namespace; return what it printed. Raises CommandFailed."""
        return run([*self.programs.helm, "-n", self.name, *arguments], given=given, seconds=seconds)


def wait_until(holds: Callable[[], Any], what: str, seconds: float) -> Any:
    """Wait until something holds; return what it returned. AssertionError with `what` when it takes too long."""
    give_up = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < give_up, f"after {seconds:.0f} s still not so: {what}"
        time.sleep(_LOOK_SECONDS)
    return found


@contextlib.contextmanager
def namespace(programs: Programs, purpose: str) -> Iterator[Cluster]:
    """Give a new namespace; it is deleted with what is in it."""
    cluster = Cluster(programs, f"lienthong-{purpose}-{secrets.token_hex(3)}")
    cluster.kubectl("create", "namespace", cluster.name)
    try:
        yield cluster
    finally:
        cluster.kubectl("delete", "namespace", cluster.name, "--timeout=120s", "--ignore-not-found", seconds=150)


@contextlib.contextmanager
def cluster_of_kind(folder: Path) -> Iterator[None]:
    """Make a cluster by kind and name it in KUBECONFIG, until the end of the block. CommandFailed without kind."""
    kubeconfig = folder / "kubeconfig"
    try:
        run(
            ["kind", "create", "cluster", "--name", KIND, "--kubeconfig", str(kubeconfig), "--wait", "120s"],
            seconds=600,
        )
        os.environ["KUBECONFIG"] = str(kubeconfig)
        yield
    finally:
        os.environ.pop("KUBECONFIG", None)
        with contextlib.suppress(CommandFailed):
            run(["kind", "delete", "cluster", "--name", KIND, "--kubeconfig", str(kubeconfig)])


def labelled(component: str) -> str:
    """Return the selector of a component's pods."""
    return f"app.kubernetes.io/name=lienthong,app.kubernetes.io/component={component}"


def is_ready(pod: Manifest) -> bool:
    """Tell whether a pod serves: it is ready, and not on its way out."""
    return "deletionTimestamp" not in pod["metadata"] and condition(pod, "Ready") is not None


def condition(pod: Manifest, kind: str) -> str | None:
    """Return since when a condition of a pod holds; None when it does not."""
    found: Sequence[Any] = pod["status"].get("conditions", ())
    return next(
        (each["lastTransitionTime"] for each in found if each["type"] == kind and each["status"] == "True"), None
    )
