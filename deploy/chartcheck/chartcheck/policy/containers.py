"""What a container may do: the restricted level of the Pod Security Standards, and some more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chartcheck.finding import Finding
from chartcheck.objects import Body, Pod, Rendered

_TAGGED = re.compile(r":([\w][\w.-]*)$|@sha256:[0-9a-f]{64}$")


def no_container_is_privileged(rendered: Rendered) -> Iterator[Finding]:
    """Find those that are root on the node."""
    for where, _, container in _each(rendered):
        if _security(container).get("privileged"):
            yield Finding(where, "the container is privileged", "Set securityContext.privileged: false")


def no_container_gains_privileges(rendered: Rendered) -> Iterator[Finding]:
    """Find those in which a program may become more than it was started as."""
    for where, _, container in _each(rendered):
        if _security(container).get("allowPrivilegeEscalation") is not False:
            yield Finding(
                where, "the container may gain privileges", "Set securityContext.allowPrivilegeEscalation: false"
            )


def every_root_file_system_is_read_only(rendered: Rendered) -> Iterator[Finding]:
    """Find those in which an intruder could leave something behind."""
    for where, _, container in _each(rendered):
        if _security(container).get("readOnlyRootFilesystem") is not True:
            yield Finding(
                where,
                "the root file system can be written to",
                "Set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir where it must write",
            )


def no_container_runs_as_root(rendered: Rendered) -> Iterator[Finding]:
    """Look at the container, then at its pod; user 0 is root whatever else they say."""
    for where, pod, container in _each(rendered):
        if _said(pod, container, "runAsNonRoot") is not True or _said(pod, container, "runAsUser") == 0:
            yield Finding(where, "the container may run as root", "Set securityContext.runAsNonRoot: true")


def every_capability_is_dropped(rendered: Rendered) -> Iterator[Finding]:
    """Find those that keep or add one."""
    for where, _, container in _each(rendered):
        capabilities = _security(container).get("capabilities") or {}
        if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
            yield Finding(
                where, "capabilities are left", "Set securityContext.capabilities: {drop: [ALL]}, and add none"
            )


def every_container_has_a_seccomp_profile(rendered: Rendered) -> Iterator[Finding]:
    """Look at the container, then at its pod."""
    for where, pod, container in _each(rendered):
        profile = _said(pod, container, "seccompProfile") or {}
        if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
            yield Finding(where, "no seccomp profile", "Set securityContext.seccompProfile: {type: RuntimeDefault}")


def every_image_has_a_version(rendered: Rendered) -> Iterator[Finding]:
    """Demand a tag that is not `latest`, or a digest."""
    for where, _, container in _each(rendered):
        tagged = _TAGGED.search(str(container.get("image")).rpartition("/")[2])
        if tagged is None or tagged[1] == "latest":
            yield Finding(
                where,
                f"the image {container.get('image')} names no version",
                "Give a tag that is not latest, or a digest",
            )


def every_container_has_requests_and_a_memory_limit(rendered: Rendered) -> Iterator[Finding]:
    """Demand what the scheduler plans by, and what keeps one leak from taking the node; a CPU limit only slows."""
    for where, _, container in _each(rendered):
        resources = container.get("resources") or {}
        has = {f"{part}.{name}" for part in ("requests", "limits") for name in resources.get(part) or {}}
        for missing in sorted({"requests.cpu", "requests.memory", "limits.memory"} - has):
            yield Finding(where, f"resources.{missing} is missing", "Give it in the component's resources")


def every_end_leaves_its_last_words(rendered: Rendered) -> Iterator[Finding]:
    """Demand that the one line of a program that cannot start becomes the termination message."""
    for where, _, container in _each(rendered):
        if container.get("terminationMessagePolicy") != "FallbackToLogsOnError":
            yield Finding(where, "the reason of an end is lost", "Set terminationMessagePolicy: FallbackToLogsOnError")


RULES = (
    no_container_is_privileged,
    no_container_gains_privileges,
    every_root_file_system_is_read_only,
    no_container_runs_as_root,
    every_capability_is_dropped,
    every_container_has_a_seccomp_profile,
    every_image_has_a_version,
    every_container_has_requests_and_a_memory_limit,
    every_end_leaves_its_last_words,
)


def _each(rendered: Rendered) -> Iterator[tuple[str, Pod, Body]]:
    for pod in rendered.pods():
        for container in pod.containers:
            yield f"{pod.owner.where} container {container.get('name')}", pod, container


def _security(part: Body) -> Body:
    return dict(part.get("securityContext") or {})


def _said(pod: Pod, container: Body, name: str) -> Any:
    return _security(container).get(name, _security(pod.spec).get(name))
