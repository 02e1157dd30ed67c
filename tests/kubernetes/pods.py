"""Programs run in pods of the image `tools`: what clients, auditors and the tests' own hands do inside the cluster.

The code of a program that is none of the image's own comes from this tree, by a ConfigMap.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.kubernetes.cluster import Cluster, Manifest, wait_until
from tests.kubernetes.programs import ROOT
from tests.kubernetes.settings import CLIENT, RELEASE

_PROGRAM: Final = "test-program"
_CODE: Final = (ROOT / "tests" / "kubernetes" / "inside", ROOT / "deploy" / "drills" / "drills")
_KEY_IN_PLACE: Final = 'install -m 600 /keys/key /tmp/operator.key && exec "$@"'  # a Secret's files are others'
_USER: Final = 65532
_ENDED: Final = ("Succeeded", "Failed")


class Inside:
    """Starts programs in the namespace of one installation."""

    def __init__(self, cluster: Cluster, environment: Mapping[str, str]) -> None:
        self._cluster, self._environment = cluster, environment
        self._count = 0
        cluster.apply(_code())

    def start(self, *command: str) -> str:
        """Start a program in a pod; return the pod's name once it runs or has ended."""
        self._count += 1
        name = f"test-{self._count}"
        image = self._cluster.programs.image("tools")
        self._cluster.apply(_pod(name, image, command, self._environment))
        wait_until(lambda: self.phase(name) != "Pending", f"pod {name} runs", 60)
        return name

    def run(self, *command: str, seconds: float = 120) -> str:
        """Run a program to its end; return what it printed. AssertionError when it fails."""
        return self.ended(self.start(*command), seconds)

    def ended(self, name: str, seconds: float) -> str:
        """Wait for the end of a program; return what it printed. AssertionError when it failed."""
        wait_until(lambda: self.phase(name) in _ENDED, f"pod {name} has ended", seconds)
        said = self.said(name)
        assert self.phase(name) == "Succeeded", f"pod {name} failed:\n{said[-6000:]}"
        return said

    def phase(self, name: str) -> str:
        """Return Pending, Running, Succeeded or Failed."""
        found: str = self._cluster.get("pod", name)["status"].get("phase", "Pending")
        return found

    def said(self, name: str) -> str:
        """Return what a program has printed so far."""
        return self._cluster.kubectl("logs", name)

    def told(self, name: str) -> list[Any]:
        """Return the lines of JSON that a program has printed so far."""
        return [json.loads(line) for line in self.said(name).splitlines() if line.startswith("{")]

    def end(self, name: str, seconds: float) -> list[Any]:
        """Send a program SIGTERM and wait for its end; return the lines of JSON that it printed."""
        self._cluster.kubectl("exec", name, "--", "sh", "-c", "kill -TERM 1")
        self.ended(name, seconds)
        return self.told(name)


def as_root(cluster: Cluster, script: str) -> None:
    """Run a shell script as root in a pod that has the node's /var/tmp at /node."""
    name = f"root-{int(time.time() * 1000)}"
    pod = _bare(name, cluster.programs.image("tools"), ["sh", "-c", script])
    pod["spec"]["volumes"] = [{"name": "node", "hostPath": {"path": "/var/tmp"}}]  # noqa: S108 - the node's
    pod["spec"]["containers"][0] |= {
        "volumeMounts": [{"name": "node", "mountPath": "/node"}],
        "securityContext": {"runAsUser": 0},
    }
    cluster.apply(pod)
    wait_until(lambda: cluster.get("pod", name)["status"].get("phase") in _ENDED, f"pod {name} has ended", 60)
    assert cluster.get("pod", name)["status"]["phase"] == "Succeeded", cluster.kubectl("logs", name)


def _pod(name: str, image: str, command: Sequence[str], environment: Mapping[str, str]) -> Manifest:
    pod = _bare(name, image, ["sh", "-c", _KEY_IN_PLACE, "sh", *command])
    pod["metadata"]["labels"] = {f"{RELEASE}-client": "true"}
    variables = {**environment, "PYTHONPATH": "/program:/opt/lienthong"}
    pod["spec"]["securityContext"] |= {"runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER, "runAsNonRoot": True}
    pod["spec"]["volumes"] = [
        {"name": "keys", "secret": {"secretName": CLIENT, "defaultMode": 0o440}},
        {"name": "program", "configMap": {"name": _PROGRAM, "items": _items()}},
        {"name": "tmp", "emptyDir": {}},
    ]
    pod["spec"]["containers"][0] |= {
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "keys", "mountPath": "/keys", "readOnly": True},
            {"name": "program", "mountPath": "/program", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - of the pod alone
        ],
    }
    return pod


def _bare(name: str, image: str, command: Sequence[str]) -> dict[str, Any]:
    container = {"name": "program", "image": image, "command": list(command), "imagePullPolicy": "IfNotPresent"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 5,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }


def _code() -> Manifest:
    files = {key: file.read_text() for key, file in _files().items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _PROGRAM}, "data": files}


def _items() -> list[dict[str, str]]:
    return [{"key": key, "path": f"{file.parent.name}/{file.name}"} for key, file in _files().items()]


def _files() -> dict[str, Path]:
    return {f"{folder.name}.{file.name}": file for folder in _CODE for file in sorted(folder.glob("*.py"))}
