"""Rendered objects, and the pods that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from chartcheck.finding import NotRendered
from chartcheck.loading import documents

Body = dict[str, Any]

_WITH_PODS = ("DaemonSet", "Deployment", "Job", "StatefulSet")


@dataclass(frozen=True)
class Object:
    """One object as it would be sent to the API server."""

    body: Body

    @property
    def kind(self) -> str:
        """Such as Deployment."""
        return str(self.body.get("kind", "?"))

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return str((self.body.get("metadata") or {}).get("name", "?"))

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.kind}/{self.name}"

    @property
    def spec(self) -> Body:
        """Its spec; empty where it has none."""
        return dict(self.body.get("spec") or {})


@dataclass(frozen=True)
class Pod:
    """A pod template, of the object that makes pods of it, or a pod itself."""

    owner: Object
    labels: Body
    spec: Body
    replicas: int

    @property
    def stays(self) -> bool:
        """Whether it is to run for ever, unlike that of a Job."""
        return bool(self.spec.get("restartPolicy", "Always") == "Always")

    @property
    def containers(self) -> list[Body]:
        """Those that start first, then the others."""
        return [*(self.spec.get("initContainers") or []), *(self.spec.get("containers") or [])]


@dataclass(frozen=True)
class Rendered:
    """All objects of one render."""

    case: str
    objects: list[Object]

    def of_kind(self, *kinds: str) -> list[Object]:
        """Give the objects of these kinds."""
        return [each for each in self.objects if each.kind in kinds]

    def pods(self) -> Iterator[Pod]:
        """Give every pod that the chart itself makes; operators make their own."""
        for each in self.objects:
            if each.kind == "Pod":
                yield Pod(each, _labels(each.body), each.spec, 1)
            elif each.kind == "CronJob":
                yield _pod(each, each.spec["jobTemplate"]["spec"]["template"], 1)
            elif each.kind in _WITH_PODS:
                yield _pod(each, each.spec["template"], max(each.spec.get("replicas", 1), self._at_least(each)))

    def _at_least(self, scaled: Object) -> int:
        return max((_minimum(each, scaled) for each in self.of_kind("HorizontalPodAutoscaler")), default=0)


def parsed(case: str, texts: dict[str, str]) -> Rendered:
    """Read what templates gave, in an order that does not depend on the templates' files. Raises NotRendered."""
    objects: list[Object] = []
    for template, text in sorted(texts.items()):
        if template.endswith("NOTES.txt"):
            continue
        try:
            objects.extend(Object(body) for body in documents(text))
        except yaml.YAMLError as error:
            raise NotRendered(f"{template} gives no YAML: {error}") from error
    return Rendered(case, sorted(objects, key=lambda each: (str(each.body.get("apiVersion")), each.kind, each.name)))


def _pod(owner: Object, template: Body, replicas: int) -> Pod:
    return Pod(owner, _labels(template), dict(template["spec"]), replicas)


def _labels(body: Body) -> Body:
    return dict((body.get("metadata") or {}).get("labels") or {})


def _minimum(scaler: Object, scaled: Object) -> int:
    target = scaler.spec["scaleTargetRef"]
    return (
        int(scaler.spec.get("minReplicas", 1)) if (target["kind"], target["name"]) == (scaled.kind, scaled.name) else 0
    )
