"""A repository with a small chart in it that every check is content with."""

from __future__ import annotations

import json
from pathlib import Path

from chartcheck.checking import Places, write
from chartcheck.objects import Rendered, parsed

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: identity}
spec:
  replicas: 2
  selector: {matchLabels: {app: identity}}
  template:
    metadata: {labels: {app: identity}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: identity
          image: lienthong/identity:0.1.0
          env:
            - {name: LIENTHONG_TLS_KEY, value: /etc/lienthong/tls/tls.key}
            - {name: OPERATOR_PUBLIC_KEY, value: AAAA}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: database, key: password}}}
            - {name: DATABASE_URL, value: postgresql://identity:$(PASSWORD)@database/identity}
          ports: [{name: grpc, containerPort: 7000}]
          startupProbe: &probe {grpc: {port: 7080}}
          livenessProbe: *probe
          readinessProbe: *probe
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
          terminationMessagePolicy: FallbackToLogsOnError
          securityContext:
            privileged: false
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: identity}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: identity}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: everybody}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: v1
kind: Service
metadata: {name: identity}
spec: {selector: {app: identity}, ports: [{port: 7000, targetPort: grpc}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: identity}
data: {LOG_LEVEL: WARNING, ISSUER: "https://example.vn/a@b"}
"""
_KEY = '\n{{ required "key is missing" .Values.key | quote | printf "# %s" }}\n'
_VALUES = """# -- How many
replicas: 2
# -- A key, or "" for none
key: ""
"""
_CHART = "apiVersion: v2\nname: lienthong\nversion: 0.1.0\ndescription: small\nicon: https://example.vn/i.png\n"
_SCHEMA = {"type": "object", "properties": {"replicas": {"type": "integer"}, "key": {}}, "additionalProperties": False}
_SKAFFOLD = """
build:
  artifacts:
    - {image: lienthong/identity, docker: {dockerfile: deploy/docker/Dockerfile, buildArgs: {SERVICE: identity}}}
deploy:
  helm:
    releases:
      - {name: lienthong, chartPath: charts/lienthong, valuesFiles: [charts/lienthong/values-large.yaml]}
"""
_FILES = {
    "charts/lienthong/Chart.yaml": _CHART,
    "charts/lienthong/values.yaml": _VALUES,
    "charts/lienthong/values-large.yaml": "replicas: 5\n",
    "charts/lienthong/values.schema.json": json.dumps(_SCHEMA),
    "charts/lienthong/README.head.md": "# A small chart\n",
    "charts/lienthong/examples/values.settings.yaml": "key: given\n",
    "charts/lienthong/examples/values-large.settings.yaml": "key: given\n",
    "charts/lienthong/refusals/key.yaml": "# key is missing\nreplicas: 3\n",
    "charts/lienthong/refusals/unknown.yaml": "# additional properties 'repliccas' not allowed\nrepliccas: 3\n",
    "deploy/docker/Dockerfile": "FROM scratch\nCOPY a /b\n",
    "skaffold.yaml": _SKAFFOLD,
}


def small_repository(folder: Path) -> Places:
    """Write it, its examples and its README too."""
    template = WORKLOAD.replace("replicas: 2", "replicas: {{ .Values.replicas }}")
    files = {
        **_FILES,
        "charts/lienthong/templates/all.yaml": template
        + '\n{{ required "key is missing" .Values.key | quote | printf "# %s" }}\n',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    places = Places(folder)
    write(places)
    return places


def rendered(text: str = WORKLOAD) -> Rendered:
    """Give the objects of a text as if a chart had been rendered."""
    return parsed("values", {"all.yaml": text})
