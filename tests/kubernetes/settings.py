"""What the tests install: the chart's values, and the Secrets that they name."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from grpckit.signing import Signer

from tests.kubernetes.authorities import LONG, Authority
from tests.kubernetes.cluster import Manifest
from tests.kubernetes.given_engines import Engines
from tests.kubernetes.programs import Programs

RELEASE: Final = "lienthong"
COMPONENTS: Final = ("identity", "docexchange")
PARTITIONS: Final = 4
DATABASE: Final = "platform"
CLIENT: Final = "test-client"  # the Secret that programs in pods are given
BLOBS: Final = "/var/tmp/lienthong-test-blobs"  # noqa: S108 - a folder of the node, made and removed by the tests
_RESOURCES: Final = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}


class Wanted:
    """One installation: its namespace, database, keys and certificates."""

    def __init__(self, programs: Programs, namespace: str, engines: Engines, folder: Path) -> None:
        self._programs = programs
        self._namespace = namespace
        self._bootstrap = engines.bootstrap
        self.database_url = engines.database(namespace.replace("-", "_"))
        self._authority = Authority()
        self._operator = Signer.generate("operator")
        self._key = folder / f"{namespace}.key"
        self._operator.save(self._key)

    def values(self, **more: Any) -> dict[str, Any]:
        """Return the chart's values; `more` goes over those at the top."""
        return {
            "image": {"registry": self._programs.registry, "tag": self._programs.tag},
            "operator": {"publicKey": base64.b64encode(self._operator.public_key).decode()},
            "defaults": {"partitions": PARTITIONS, "resources": _RESOURCES},
            "database": {"mode": "external", "external": {"port": urlsplit(self.database_url).port}},
            "kafka": {
                "mode": "external",
                "external": {"bootstrap": self._bootstrap, "replication": 1, "minInsync": 1},
            },
            "blobs": {"url": "file:///var/lib/lienthong-blobs", "volume": self.blobs},
            "tls": {"mode": "secret", "secret": {"name": "lienthong-tls"}},
            "test": {"keySecret": CLIENT},
            **more,
        }

    @property
    def blobs(self) -> Manifest:
        """The volume for attachments: a folder of the only node."""
        return {"hostPath": {"path": f"{BLOBS}/{self._namespace}", "type": "Directory"}}

    def secrets(self, *, server_lasts: timedelta = LONG) -> list[Manifest]:
        """Return what the values name, and what clients are given."""
        names = [name for component in COMPONENTS for name in self._names(f"{RELEASE}-{component}")]
        server = self._authority.sign("lienthong", names, lasts=server_lasts)
        client = self._authority.sign("agency")
        url, authority = self.database_url, self._authority.certificate
        return [
            secret("lienthong-database-owner", {"url": url}),
            secret("lienthong-database", dict.fromkeys(COMPONENTS, url)),
            secret("lienthong-tls", {"tls.crt": server.certificate, "tls.key": server.key, "ca.crt": authority}),
            secret(
                CLIENT,
                {
                    "key": self._key.read_text(),
                    "tls.crt": client.certificate,
                    "tls.key": client.key,
                    "ca.crt": authority,
                },
            ),
        ]

    def client_environment(self) -> dict[str, str]:
        """Return the variables of programs in pods, which find their files in /keys."""
        return {
            "LIENTHONG_IDENTITY": self.address("identity"),
            "LIENTHONG_DOCEXCHANGE": self.address("docexchange"),
            "LIENTHONG_KEY": "/tmp/operator.key",  # noqa: S108 - of the pod alone
            "LIENTHONG_DATABASE_URL": self.database_url,
            "LIENTHONG_KAFKA_BOOTSTRAP": self._bootstrap,
            "LIENTHONG_TLS_CA": "/keys/ca.crt",
            "LIENTHONG_TLS_CLIENT_CERTIFICATE": "/keys/tls.crt",
            "LIENTHONG_TLS_CLIENT_KEY": "/keys/tls.key",
        }

    def address(self, component: str) -> str:
        """Return where clients find a component: all its pods, by name."""
        return f"dns:///{RELEASE}-{component}.{self._namespace}:7000"

    def _names(self, service: str) -> list[str]:
        inside = f"{service}.{self._namespace}"
        return [service, inside, f"{inside}.svc", f"{inside}.svc.cluster.local"]


def secret(name: str, content: Mapping[str, str]) -> Manifest:
    """Return a Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(content)}
