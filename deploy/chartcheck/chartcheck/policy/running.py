"""How pods live on a node and in a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from chartcheck.finding import Finding
from chartcheck.objects import Body, Rendered
from chartcheck.policy.selecting import selects

_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_OF_THE_NODE = ("hostNetwork", "hostPID", "hostIPC")


def every_service_is_probed(rendered: Rendered) -> Iterator[Finding]:
    """Ask of each pod that is to stay whether it has started, lives and is ready; one that ends need not be asked."""
    for pod in rendered.pods():
        for container in pod.spec.get("containers") or [] if pod.stays else []:
            for probe in _PROBES:
                if probe not in container:
                    yield Finding(
                        f"{pod.owner.where} container {container.get('name')}", f"{probe} is missing", "Add it"
                    )


def no_pod_holds_a_token_of_the_cluster(rendered: Rendered) -> Iterator[Finding]:
    """Find those that could speak to the API server: nothing here does."""
    for pod in rendered.pods():
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield Finding(pod.owner.where, "a token is mounted", "Set automountServiceAccountToken: false in the pod")


def no_pod_reaches_into_its_node(rendered: Rendered) -> Iterator[Finding]:
    """Find those that use network, processes or files of the node."""
    for pod in rendered.pods():
        for name in _OF_THE_NODE:
            if pod.spec.get(name):
                yield Finding(pod.owner.where, f"{name} is set", "Take it away")
        for volume in pod.spec.get("volumes") or []:
            if "hostPath" in volume:
                yield Finding(
                    pod.owner.where,
                    f"the volume {volume['name']} is a hostPath",
                    "Use a claim, an emptyDir or a Secret",
                )


def replicas_have_a_disruption_budget(rendered: Rendered) -> Iterator[Finding]:
    """Find those of which a drain could take all at once."""
    budgets = rendered.of_kind("PodDisruptionBudget")
    for pod in rendered.pods():
        if pod.replicas > 1 and not any(selects(each.spec.get("selector"), pod.labels) for each in budgets):
            yield Finding(
                pod.owner.where,
                f"{pod.replicas} replicas and no PodDisruptionBudget",
                "Add one that selects the labels of its pods",
            )


def no_disruption_budget_forbids_every_drain(rendered: Rendered) -> Iterator[Finding]:
    """Find those that let no pod go, and so hold up every upgrade of the cluster."""
    for each in rendered.of_kind("PodDisruptionBudget"):
        if _none_may_go(each.spec):
            yield Finding(each.where, "no pod may ever be drained", "Set maxUnavailable: 1")


RULES = (
    every_service_is_probed,
    no_pod_holds_a_token_of_the_cluster,
    no_pod_reaches_into_its_node,
    replicas_have_a_disruption_budget,
    no_disruption_budget_forbids_every_drain,
)


def _none_may_go(spec: Body) -> bool:
    return spec.get("maxUnavailable") in {0, "0%"} or spec.get("minAvailable") == "100%"
