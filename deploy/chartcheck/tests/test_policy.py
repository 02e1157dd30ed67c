"""Every rule lets a good workload through, and finds the one that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from chartcheck.objects import Object, Rendered
from chartcheck.policy import RULES

from .small_repository import rendered

CONTAINER = "spec.template.spec.containers.0"
POD = "spec.template.spec"
GONE = object()

BROKEN = [
    ("no_container_is_privileged", f"Deployment {CONTAINER}.securityContext.privileged", True),
    ("no_container_gains_privileges", f"Deployment {CONTAINER}.securityContext.allowPrivilegeEscalation", GONE),
    ("every_root_file_system_is_read_only", f"Deployment {CONTAINER}.securityContext.readOnlyRootFilesystem", False),
    ("no_container_runs_as_root", f"Deployment {POD}.securityContext.runAsNonRoot", GONE),
    ("no_container_runs_as_root", f"Deployment {CONTAINER}.securityContext.runAsUser", 0),
    ("every_capability_is_dropped", f"Deployment {CONTAINER}.securityContext.capabilities.add", ["NET_ADMIN"]),
    ("every_capability_is_dropped", f"Deployment {CONTAINER}.securityContext.capabilities.drop", ["KILL"]),
    ("every_container_has_a_seccomp_profile", f"Deployment {POD}.securityContext.seccompProfile", GONE),
    ("every_image_has_a_version", f"Deployment {CONTAINER}.image", "lienthong/identity:latest"),
    ("every_image_has_a_version", f"Deployment {CONTAINER}.image", "registry.example.vn:5000/lienthong/identity"),
    ("every_container_has_requests_and_a_memory_limit", f"Deployment {CONTAINER}.resources.limits", GONE),
    ("every_container_has_requests_and_a_memory_limit", f"Deployment {CONTAINER}.resources.requests.cpu", GONE),
    ("every_end_leaves_its_last_words", f"Deployment {CONTAINER}.terminationMessagePolicy", "File"),
    ("every_service_is_probed", f"Deployment {CONTAINER}.startupProbe", GONE),
    ("every_service_is_probed", f"Deployment {CONTAINER}.livenessProbe", GONE),
    ("every_service_is_probed", f"Deployment {CONTAINER}.readinessProbe", GONE),
    ("no_pod_holds_a_token_of_the_cluster", f"Deployment {POD}.automountServiceAccountToken", GONE),
    ("no_pod_reaches_into_its_node", f"Deployment {POD}.hostNetwork", True),
    ("no_pod_reaches_into_its_node", f"Deployment {POD}.volumes.0.hostPath", {"path": "/"}),
    ("replicas_have_a_disruption_budget", "PodDisruptionBudget spec.selector.matchLabels.app", "another"),
    ("no_disruption_budget_forbids_every_drain", "PodDisruptionBudget spec.maxUnavailable", 0),
    ("a_network_policy_selects_every_pod", "NetworkPolicy spec.policyTypes", ["Ingress"]),
    ("a_network_policy_selects_every_pod", "NetworkPolicy spec.podSelector", {"matchLabels": {"app": "another"}}),
    ("every_service_has_a_pod", "Service spec.selector.app", "another"),
    ("every_service_names_a_port_of_its_pods", "Service spec.ports.0.targetPort", "http"),
    ("no_plain_variable_holds_a_secret", f"Deployment {CONTAINER}.env.0.value", "hunter2"),
    ("no_plain_variable_holds_a_secret", f"Deployment {CONTAINER}.env.3.value", "postgresql://me:secret@database/x"),
    ("no_config_map_holds_a_secret", "ConfigMap data.LIENTHONG_PASSWORD", "hunter2"),
    ("no_config_map_holds_a_secret", "ConfigMap data.KAFKA", "-----BEGIN PRIVATE KEY-----"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_workload_passes(rule: Any) -> None:
    assert list(rule(rendered())) == []


@pytest.mark.parametrize(("name", "place", "value"), BROKEN, ids=lambda part: str(part)[:60])
def test_what_breaks_one_rule_breaks_no_other(name: str, place: str, value: Any) -> None:
    broken = changed(rendered(), place, value)

    assert {rule.__name__ for rule in RULES if list(rule(broken))} == {name}


def test_every_rule_is_broken_here() -> None:
    assert {name for name, _, _ in BROKEN} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_finding_names_the_object_and_a_remedy(rule: Any) -> None:
    place, value = next((place, value) for name, place, value in BROKEN if name == rule.__name__)
    [finding, *_] = rule(changed(rendered(), place, value))

    assert finding.where.startswith(f"{place.partition(' ')[0]}/") or finding.where.startswith("Deployment/")
    assert finding.what
    assert finding.remedy


def test_a_job_needs_no_probes_but_all_the_rest() -> None:
    job = one("Deployment")
    job["kind"], job["spec"]["template"]["spec"]["restartPolicy"] = "Job", "Never"
    del job["spec"]["replicas"]
    container = job["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        del container[probe]
    container["securityContext"]["privileged"] = True

    assert broken_by(job) == {"no_container_is_privileged", "a_network_policy_selects_every_pod"}


def test_containers_that_start_first_are_judged_too() -> None:
    body = one("Deployment")
    body["spec"]["template"]["spec"]["initContainers"] = [{"name": "first", "image": "busybox"}]

    assert "every_image_has_a_version" in broken_by(body)


def test_what_a_scaler_makes_of_one_replica_needs_a_budget() -> None:
    body = one("Deployment")
    body["spec"]["replicas"] = 1
    scaler = Object(
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "identity"},
            "spec": {"minReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "identity"}},
        }
    )

    assert "replicas_have_a_disruption_budget" not in broken_by(body)
    assert "replicas_have_a_disruption_budget" in broken_by(body, scaler)


def test_a_digest_is_a_version() -> None:
    digest = changed(rendered(), f"Deployment {CONTAINER}.image", f"lienthong/identity@sha256:{'0' * 64}")

    assert {rule.__name__ for rule in RULES if list(rule(digest))} == set()


def one(kind: str) -> dict[str, Any]:
    [found] = rendered().of_kind(kind)
    copied: dict[str, Any] = yaml.safe_load(yaml.safe_dump(found.body))
    return copied


def broken_by(body: dict[str, Any], *others: Object) -> set[str]:
    alone = Rendered("values", [Object(body), *others])
    return {rule.__name__ for rule in RULES if list(rule(alone))}


def changed(good: Rendered, place: str, value: Any) -> Rendered:
    """Give the same with one place changed; GONE takes it away."""
    kind, _, path = place.partition(" ")
    *above, last = path.split(".")
    body = one(kind)
    part: Any = body
    for key in above:
        part = part[int(key) if key.isdigit() else key]
    if value is GONE:
        del part[last]
    else:
        part[last] = value
    return Rendered(good.case, [Object(body) if each.kind == kind else each for each in good.objects])
