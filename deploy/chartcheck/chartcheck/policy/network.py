"""Who may speak to whom."""

from __future__ import annotations

from collections.abc import Iterator

from chartcheck.finding import Finding
from chartcheck.objects import Rendered
from chartcheck.policy.selecting import selects

_WAYS = ("Ingress", "Egress")


def a_network_policy_selects_every_pod(rendered: Rendered) -> Iterator[Finding]:
    """Demand one for each direction: what no policy selects may speak to everyone."""
    policies = rendered.of_kind("NetworkPolicy")
    for pod in rendered.pods():
        for way in _WAYS:
            selecting = (each for each in policies if selects(each.spec.get("podSelector"), pod.labels))
            if not any(way in (each.spec.get("policyTypes") or ["Ingress"]) for each in selecting):
                yield Finding(
                    pod.owner.where,
                    f"no NetworkPolicy of type {way} selects it",
                    f"Add one with policyTypes [{way}] that selects the labels of its pods",
                )


def every_service_has_a_pod(rendered: Rendered) -> Iterator[Finding]:
    """Find those that select nothing and so answer nobody."""
    pods = list(rendered.pods())
    for each in rendered.of_kind("Service"):
        selector = each.spec.get("selector")
        if selector and not any(selects({"matchLabels": selector}, pod.labels) for pod in pods):
            yield Finding(each.where, "selects no pod", "Give it the labels of the pods' template")


def every_service_names_a_port_of_its_pods(rendered: Rendered) -> Iterator[Finding]:
    """Find names of ports that no container has."""
    for each in rendered.of_kind("Service"):
        named = {port.get("name") for pod in rendered.pods() for it in pod.containers for port in it.get("ports") or []}
        for port in each.spec.get("ports") or []:
            target = port.get("targetPort")
            if isinstance(target, str) and target not in named:
                yield Finding(
                    each.where, f"targetPort {target} is the name of no container's port", "Give the port that name"
                )


RULES = (a_network_policy_selects_every_pod, every_service_has_a_pod, every_service_names_a_port_of_its_pods)
