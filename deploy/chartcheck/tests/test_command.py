"""`python -m chartcheck` is content with a good repository, and finds what has been changed in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from chartcheck.__main__ import main

from .small_repository import small_repository

CHART = "charts/lienthong"
CHANGES = [
    (
        f"{CHART}/templates/all.yaml",
        "maxUnavailable: 1",
        "maxUnavailable: 2",
        "committed `maxUnavailable: 1`",
    ),
    (f"{CHART}/templates/all.yaml", "maxUnavailable:", "maxUnavailble:", "'maxUnavailble' was unexpected"),
    (f"{CHART}/templates/all.yaml", "privileged: false", "privileged: true", "the container is privileged"),
    (f"{CHART}/templates/all.yaml", "{{ .Values.replicas }}", "{{ .Values.replicas", "is not rendered"),
    (f"{CHART}/examples/values.yaml", "replicas: 2", "replicas: 3", "python -m chartcheck write, and commit it"),
    (f"{CHART}/values.yaml", "# -- How many\n", "", "replicas is not explained"),
    (f"{CHART}/values.yaml", "How many", "Pods", "README.md: is not what"),
    (f"{CHART}/README.head.md", "small", "little", "README.md: is not what"),
    (f"{CHART}/refusals/key.yaml", "replicas: 3", "key: given", "refusals/key.yaml: is rendered"),
    (f"{CHART}/refusals/key.yaml", "# key is", "# keys are", "is refused with another message"),
    (f"{CHART}/refusals/key.yaml", "# key is missing\n", "#\n", "holds no part of a message"),
    ("deploy/docker/Dockerfile", "FROM scratch", "FROM debian:latest", "DL3007"),
    ("skaffold.yaml", "image: lienthong/identity", "image: lienthong/other", "does not build lienthong/identity"),
]


def test_a_good_repository_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_repository(tmp_path)

    assert (main(["--root", str(tmp_path)]), capsys.readouterr().out) == (0, "")


@pytest.mark.parametrize(("name", "before", "after", "told"), CHANGES, ids=[told for *_, told in CHANGES])
def test_a_change_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, before: str, after: str, told: str
) -> None:
    small_repository(tmp_path)
    file = tmp_path / name
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after, 1))

    assert main(["check", "--root", str(tmp_path)]) == 1
    assert told in capsys.readouterr().out


def test_what_is_meant_is_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = small_repository(tmp_path)
    (places.chart / "values-large.yaml").write_text("replicas: 7\n")
    before = main(["--root", str(tmp_path)])
    written = main(["write", "--root", str(tmp_path)])
    told = capsys.readouterr().out

    assert (before, written, main(["--root", str(tmp_path)])) == (1, 0, 0)
    assert "values-large.yaml" in told
    assert "replicas: 7" in (places.examples / "values-large.yaml").read_text()


def test_an_example_of_a_values_file_that_is_gone_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = small_repository(tmp_path)
    (places.chart / "values-large.yaml").unlink()
    (places.examples / "values-large.settings.yaml").unlink()

    assert main(["--root", str(tmp_path)]) == 1
    assert "no values file renders to it. Delete it" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "write"])
def test_what_cannot_be_checked_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    places = small_repository(tmp_path)
    (places.examples / "values.settings.yaml").unlink()

    assert main([command, "--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_nothing_is_written_of_what_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = small_repository(tmp_path)
    (places.examples / "values.settings.yaml").write_text("replicas: 1\n")

    assert main(["write", "--root", str(tmp_path)]) == 2
    assert "values is not rendered: " in capsys.readouterr().err


def test_what_is_wrong_in_every_render_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = small_repository(tmp_path).chart / "templates" / "all.yaml"
    template.write_text(template.read_text().replace("privileged: false", "privileged: true"))
    main(["--root", str(tmp_path)])

    assert capsys.readouterr().out.count("the container is privileged") == 1


def test_output_that_is_no_yaml_holds_up_no_other_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = small_repository(tmp_path)
    (places.chart / "templates" / "bad.yaml").write_text("a: [{{ .Values.replicas }}\n")
    (places.chart / "README.md").unlink()

    assert main(["--root", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "bad.yaml gives no YAML" in told
    assert "README.md: is not what" in told
