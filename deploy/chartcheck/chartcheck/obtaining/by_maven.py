"""Schemas from Strimzi's Java classes, by its own generator (Java 21 or newer)."""

from __future__ import annotations

from pathlib import Path

from chartcheck.objects import Body
from chartcheck.obtaining.definitions import schemas_of_definitions
from chartcheck.obtaining.running import run
from chartcheck.obtaining.source import Source

_PROJECT = """<project>
  <modelVersion>4.0.0</modelVersion><groupId>lienthong</groupId><artifactId>schemas</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.strimzi</groupId><artifactId>api</artifactId><version>{version}</version></dependency>
    <dependency><groupId>io.strimzi</groupId><artifactId>crd-generator</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""
_MODELS = "io.strimzi.api.kafka.model"


def obtain(source: Source, folder: Path) -> dict[str, Body]:
    """Give the schema of each kind."""
    (folder / "pom.xml").write_text(_PROJECT.format(version=source.version), encoding="utf-8")
    run(folder, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars")
    wanted = [f"{_MODELS}.{name}={folder / name}.yaml" for name in source.further["classes"]]
    run(folder, "java", "-cp", "jars/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml", *wanted)
    return schemas_of_definitions(sorted(folder.glob("*.yaml")), source.kinds)
