"""skaffold.yaml: it builds every image that the chart runs, from the one Dockerfile, and deploys the chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chartcheck.finding import Finding
from chartcheck.loading import mapping
from chartcheck.objects import Body, Rendered


def skaffold_builds_what_the_chart_runs(file: Path, rendered: list[Rendered]) -> Iterator[Finding]:
    """Compare the images by their last two names (lienthong/identity), and look for what it refers to."""
    if not file.exists():
        yield Finding(str(file), "is missing", "Write it: it builds all images and deploys the chart for development")
        return
    told = mapping(file)
    artifacts = (told.get("build") or {}).get("artifacts") or []
    built = {_short(str(it.get("image"))) for it in artifacts}
    for image in sorted(images(rendered) - built):
        yield Finding(str(file), f"does not build {image}, which the chart runs", "Add it to build.artifacts")
    for it in artifacts:
        yield from _judged(file, it)
    releases = ((told.get("deploy") or {}).get("helm") or {}).get("releases") or []
    if not any((file.parent / str(it.get("chartPath")) / "Chart.yaml").exists() for it in releases):
        yield Finding(str(file), "deploys no chart that is there", "Give charts/lienthong in deploy.helm.releases")
    for values in (str(it) for release in releases for it in release.get("valuesFiles") or []):
        if "{{" not in values and not (file.parent / values).exists():
            yield Finding(str(file), f"{values} is not there", "Name a values file of the chart")


def images(rendered: list[Rendered]) -> set[str]:
    """Give the images of all pods without registry and tag."""
    return {_short(str(it.get("image"))) for each in rendered for pod in each.pods() for it in pod.containers}


def _judged(file: Path, artifact: Body) -> Iterator[Finding]:
    name, docker = str(artifact.get("image")), artifact.get("docker") or {}
    dockerfile = file.parent / str(artifact.get("context", ".")) / str(docker.get("dockerfile", "Dockerfile"))
    if not dockerfile.exists():
        yield Finding(f"{file} {name}", f"its Dockerfile {dockerfile} is not there", "Name deploy/docker/Dockerfile")
    service = (docker.get("buildArgs") or {}).get("SERVICE")
    if service != name.rpartition("/")[2]:
        yield Finding(f"{file} {name}", f"its build argument SERVICE is {service}", "Give it the image's last name")


def _short(image: str) -> str:
    path, _, last = image.partition("@")[0].rpartition("/")
    name = last.partition(":")[0]
    return f"{path.rpartition('/')[2]}/{name}" if path else name
