"""Every object is held against the schema of its kind, and unknown fields are errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chartcheck
import pytest
from chartcheck.finding import NotRendered
from chartcheck.objects import Object, Rendered
from chartcheck.validating import every_object_fits_its_schema, no_object_is_rendered_twice

from .small_repository import rendered

SCHEMAS = Path(chartcheck.__file__).with_name("schemas")
KEPT = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in SCHEMAS.glob("*.json")}
KINDS = sorted(kind for kept in KEPT.values() for kind in kept["kinds"])

GOOD = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {name: identity, labels: {strimzi.io/cluster: kafka}}
spec: {partitions: 4, replicas: 3, config: {retention.ms: -1}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: database}
spec:
  instances: 3
  storage: {size: 10Gi}
  postgresql: {synchronous: {method: any, number: 1, dataDurability: required}}
  plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: x}}]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: identity}
spec: {secretName: identity-tls, issuerRef: {name: ca}, dnsNames: [identity], privateKey: {rotationPolicy: Always}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: identity}
spec: {parentRefs: [{name: gateway}], rules: [{backendRefs: [{name: identity, port: 7000}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: lienthong}
spec: {groups: [{name: lienthong, rules: [{alert: Down, expr: up == 0, for: 1m}]}]}
"""


def test_good_objects_fit() -> None:
    assert found(GOOD) == []
    assert list(every_object_fits_its_schema(rendered())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_of_any_kind_is_found(kind: str) -> None:
    version, _, name = kind.rpartition("/")
    body = {"apiVersion": version, "kind": name, "metadata": {"name": "x", "nonsense": 1}, "nonsense": 2}
    findings = list(every_object_fits_its_schema(Rendered("values", [Object(body)])))

    assert [it.where for it in findings if "'nonsense' was unexpected" in it.what] == [
        f"{name}/x .",
        f"{name}/x .metadata",
    ]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("partitions: 4", "partition: 4", "KafkaTopic/identity .spec"),
        ("partitions: 4", "partitions: four", "KafkaTopic/identity .spec.partitions"),
        ("dataDurability: required", "dataDurability: never", ".spec.postgresql.synchronous.dataDurability"),
        ("isWALArchiver", "isWalArchiver", "Cluster/database .spec.plugins[0]"),
        ("storage: {size: 10Gi}", "storag: {size: 10Gi}", "Cluster/database .spec"),
        ("secretName: identity-tls, ", "", "Certificate/identity .spec"),
        ("rotationPolicy: Always", "rotation: Always", "Certificate/identity .spec.privateKey"),
        ("{name: identity, port: 7000}", "{name: identity, port: 70000}", ".spec.rules[0].backendRefs[0].port"),
        ("backendRefs: [", "sessionPersistence: {type: Cookie}, backendRefs: [", "GRPCRoute/identity .spec.rules[0]"),
        ("for: 1m", "fore: 1m", "PrometheusRule/lienthong .spec.groups[0].rules[0]"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(before: str, after: str, place: str) -> None:
    assert before in GOOD

    [finding] = found(GOOD.replace(before, after))

    assert place in finding


def test_a_kind_without_a_schema_is_an_error() -> None:
    assert "no schema of example.vn/v1/Thing is kept" in found("{apiVersion: example.vn/v1, kind: Thing}")[0]


def test_an_old_version_of_a_kind_is_an_error() -> None:
    assert (
        "no schema of kafka.strimzi.io/v1beta2/KafkaTopic"
        in found(GOOD.replace("kafka.strimzi.io/v1\n", "kafka.strimzi.io/v1beta2\n"))[0]
    )


def test_a_number_where_kubernetes_takes_a_text_is_found() -> None:
    assert (
        "ConfigMap/x .data.port" in found("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {port: 1}}")[0]
    )


def test_a_key_that_stands_twice_is_an_error() -> None:
    with pytest.raises(NotRendered, match="the key name stands twice"):
        rendered("{kind: ConfigMap, metadata: {name: x, name: y}}")


def test_what_is_taken_over_from_elsewhere_may_be_said_anew() -> None:
    text = "{kind: ConfigMap, metadata: {name: x, labels: &all {a: b}, annotations: {<<: *all, a: c}}}"
    [each] = rendered(text).objects

    assert each.body["metadata"]["annotations"] == {"a": "c"}


def test_what_is_rendered_twice_is_found() -> None:
    [finding] = no_object_is_rendered_twice(rendered(GOOD + "---" + GOOD.split("---", maxsplit=1)[0]))

    assert finding.where == "KafkaTopic/identity"


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_kept_schema_says_where_it_is_from(name: str) -> None:
    source: dict[str, Any] = KEPT[name]["source"]

    assert {"name", "version", "licence"} <= set(source)


def test_the_kept_schemas_are_small() -> None:
    assert sum(file.stat().st_size for file in SCHEMAS.glob("*.json")) < 1_000_000


def found(text: str) -> list[str]:
    return [str(finding) for finding in every_object_fits_its_schema(rendered(text))]
