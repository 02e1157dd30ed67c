"""The programs that the tests run, each from the environment. The defaults are for kind and Docker.

LIENTHONG_TEST_KUBECTL       kubectl
LIENTHONG_TEST_HELM          helm
LIENTHONG_TEST_IN_NETWORK    in front of what must run in the cluster's network: kubectl, helm, engines beside the pods
LIENTHONG_TEST_ON_NODE       in front of what must run on the node, to kill a process there; `none`: it cannot be
LIENTHONG_TEST_BUILD_IMAGE   builds an image, of {tag} {file} {context} {build_args}; `none`: the images are there
LIENTHONG_TEST_LOAD_IMAGE    brings the image {tag} to the nodes; `none`: building does, or the nodes pull it
LIENTHONG_TEST_IMAGES        registry in front of the images' names
LIENTHONG_TEST_TAG           their tag

KUBECONFIG names the cluster; without it a cluster is made by kind, and deleted.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
KIND: Final = "lienthong-test"  # the name of a cluster made by kind
_BUILD: Final = "docker build -t {tag} -f {file} {build_args} {context}"
_LOAD: Final = f"kind load docker-image {{tag}} --name {KIND}"
_NOTHING: Final = "none"
_LAST_WORDS: Final = 3000


class CommandFailed(Exception):
    """A program ended with another status than 0; the text has the last that it said."""


@dataclass(frozen=True)
class Programs:
    """How to reach a cluster from this machine; an empty command means that it is not needed, or not to be had."""

    kubectl: Sequence[str]
    helm: Sequence[str]
    in_network: Sequence[str]
    on_node: Sequence[str] | None
    build_image: str
    load_image: str
    registry: str
    tag: str

    def image(self, name: str) -> str:
        """Return the whole name of an image."""
        return f"{self.registry}/lienthong/{name}:{self.tag}"

    def make_image(self, name: str, file: Path, build_args: Mapping[str, str]) -> None:
        """Build an image and bring it to the nodes. Raises CommandFailed."""
        options = [part for key, value in build_args.items() for part in ("--build-arg", f"{key}={value}")]
        given = {
            "tag": self.image(name),
            "file": str(file),
            "context": str(ROOT),
            "build_args": shlex.join(options),
        }
        for template in (self.build_image, self.load_image):
            if template:
                run(shlex.split(template.format(**given)), seconds=1200)


def from_environment() -> Programs:
    """Read the environment."""
    prefix = _command("IN_NETWORK", _NOTHING)
    node = os.environ.get("LIENTHONG_TEST_ON_NODE", f"docker exec {KIND}-control-plane")
    return Programs(
        kubectl=[*prefix, *_command("KUBECTL", "kubectl")],
        helm=[*prefix, *_command("HELM", "helm")],
        in_network=prefix,
        on_node=None if node == _NOTHING else shlex.split(node),
        build_image=_template("BUILD_IMAGE", _BUILD),
        load_image=_template("LOAD_IMAGE", _LOAD),
        registry=os.environ.get("LIENTHONG_TEST_IMAGES", "localhost"),
        tag=os.environ.get("LIENTHONG_TEST_TAG", "test"),
    )


def run(command: Sequence[str], *, given: str | None = None, seconds: float = 120) -> str:
    """Run a program to its end; return what it printed. Raises CommandFailed."""
    try:
        ended = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT
        )
    except FileNotFoundError as error:
        raise CommandFailed(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{shlex.join(command)} had not ended after {seconds:.0f} s") from error
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()[-_LAST_WORDS:]
        raise CommandFailed(f"{shlex.join(command)} ended with {ended.returncode}: {said}")
    return ended.stdout


def _command(name: str, default: str) -> list[str]:
    return shlex.split(_template(name, default))


def _template(name: str, default: str) -> str:
    given = os.environ.get(f"LIENTHONG_TEST_{name}", default)
    return "" if given == _NOTHING else given
