"""Apache Kafka's jars: fetched once by Maven into a cache folder of the user.

Invariant: the cache folder is there only when it is whole. Maven fills a folder beside it, which takes the name when
Maven has ended well; of two that fetch at once, the first one's stays.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from kafka_local.errors import KafkaLocalError

_POM = Path(__file__).parent / "pom.xml"
_PATIENCE = 600  # seconds for the first download


def _version() -> str:
    found = ET.parse(_POM).findtext("dependencies/dependency/version")  # noqa: S314 - our own
    assert found is not None  # noqa: S101 - the file is part of the package
    return found


VERSION = _version()


def missing() -> str:
    """Say what this machine lacks to run Kafka; empty when nothing. It does not look whether a download would work."""
    wanted = {"java": "Java 17 or newer"}
    if not _cache().is_dir():
        wanted["mvn"] = "Maven"
    lacking = [f"{words} (`{program}`)" for program, words in wanted.items() if shutil.which(program) is None]
    return f"{' and '.join(lacking)} not found" if lacking else ""


def jars() -> Path:
    """Return the folder with all jars; fetch them when they are not there. Raises KafkaLocalError."""
    lacking = missing()
    if lacking:
        raise KafkaLocalError(f"Apache Kafka cannot run here: {lacking}")
    cache = _cache()
    if not cache.is_dir():
        _fetch(cache)
    return cache


def _cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pom = hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]  # a changed pom is fetched anew
    return home / "lienthong" / f"kafka-{VERSION}-{pom}"


def _fetch(cache: Path) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{cache.name}.", dir=cache.parent))
    try:
        _maven(part)
        part.rename(cache)
    except OSError as error:
        if not cache.is_dir():
            raise KafkaLocalError(f"Apache Kafka could not be put into {cache}: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _maven(folder: Path) -> None:
    shutil.copy(_POM, folder / "pom.xml")
    command = ["mvn", "-B", "-q", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    try:
        ended = subprocess.run(  # noqa: S603 - Maven, with arguments of our own
            [*command, *options], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise KafkaLocalError(f"Maven had not fetched Apache Kafka {VERSION} after {_PATIENCE} s") from error
    if ended.returncode:
        raise KafkaLocalError(f"Maven could not fetch Apache Kafka {VERSION}: {_reason(ended.stdout + ended.stderr)}")


def _reason(output: str) -> str:
    errors = [line.removeprefix("[ERROR]").strip() for line in output.splitlines() if "[ERROR]" in line]
    return errors[0] if errors else "it gave no reason"
