"""TLS as an operator and an agency use it: settings of processes, options of the command, bound systems."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from grpckit.signing import utc_now
from grpckit.specification import Authority

LIENTHONG = (sys.executable, "-m", "lienthong_sdk.main")
SERVICES = {"identity": "IDENTITY", "docexchange": "DOCEXCHANGE"}


class Office:
    """An authority's certificates: of the server, of two agencies and the operator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._authority = Authority()
        self.ca = self._authority.save(folder / "ca.crt")
        self.issue("server")
        for name in ("operator", "h41", "h26"):
            self.issue(name, f"{name}.example.vn")

    def issue(self, folder: str, *names: str, days: int = 1) -> None:
        place = self.folder / folder
        place.mkdir(exist_ok=True)
        self._authority.issue(*names, ends=utc_now() + timedelta(days=days)).save(place)

    @property
    def server(self) -> dict[str, str]:
        """Settings of a service."""
        place = self.folder / "server"
        files = {"CERTIFICATE": place / "tls.crt", "KEY": place / "tls.key", "CLIENT_CA": self.ca}
        return {f"LIENTHONG_TLS_{name}": str(path) for name, path in files.items()}

    def client(self, name: str) -> dict[str, str]:
        """Environment of the command."""
        place = self.folder / name
        files = {"CA": self.ca, "CLIENT_CERTIFICATE": place / "tls.crt", "CLIENT_KEY": place / "tls.key"}
        return {f"LIENTHONG_TLS_{of}": str(path) for of, path in files.items()}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def environment(**own: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    return {**inherited, "LANG": "C.UTF-8", **own}


@contextmanager
def started(command: tuple[str, ...], settings: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process and end it as Ctrl+C does."""
    with subprocess.Popen(
        command,
        env=environment(**settings),
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(60)


def service(name: str, office: Office, **settings: str) -> tuple[tuple[str, ...], dict[str, str], Path]:
    prefix = f"LIENTHONG_{SERVICES[name]}_"
    own = {f"{prefix}DATA": "data", f"{prefix}PORT": "0"}
    return (sys.executable, "-m", f"{name}_service"), {**own, **settings}, office.folder


def ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def scan(address: str) -> None:
    """Say something that is no TLS, as whoever scans ports does."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while connection.recv(1000):
            pass


class Command:
    """The `lienthong` command, against one platform."""

    def __init__(self, office: Office, **settings: str) -> None:
        self._office, self._settings = office, settings

    def __call__(self, who: str, *words: str, status: int = 0, key: str = "") -> str:
        own = self._settings | (self._office.client(who) if who else {}) | ({"LIENTHONG_KEY": key} if key else {})
        told = subprocess.run(
            [*LIENTHONG, *words],
            env=environment(**own),
            cwd=self._office.folder,
            text=True,
            capture_output=True,
            check=False,
        )
        assert told.returncode == status, told.stdout + told.stderr
        return told.stdout + told.stderr


def test_a_platform_over_mutual_tls_takes_a_bound_system_with_its_certificate_alone(office: Office) -> None:
    up = (*LIENTHONG, "up", "--data", "data", "--port-base", "0")
    with started(up, office.server, office.folder) as process:
        words = ready(process)
        addresses = {"LIENTHONG_IDENTITY": words[2], "LIENTHONG_DOCEXCHANGE": words[4]}
        lienthong = Command(office, **addresses, LIENTHONG_KEY=words[6])
        lienthong("", "key", "new", "h41-qlvb", "h41.key")
        lienthong("operator", "agency", "register", "H41", "Nghệ An")
        enrolled = lienthong("operator", "system", "enrol", "h41.key", "H41", "--certificate-name", "h41.example.vn")
        assert "h41.example.vn" in enrolled
        assert lienthong("h41", "inbox", key="h41.key") == ""
        assert "CERTIFICATE_NOT_BOUND" in lienthong("h26", "inbox", key="h41.key", status=1)
        assert "UNAVAILABLE" in lienthong("", "--tls-ca", str(office.ca), "inbox", key="h41.key", status=2)
        changed = lienthong("operator", "system", "certificates", "h41-qlvb", "h26.example.vn", "uri:of-h41")
        assert changed == "h41-qlvb  h26.example.vn uri:of-h41\n"
        assert lienthong("h26", "inbox", key="h41.key") == ""
        assert "any connection" in lienthong("operator", "system", "certificates", "h41-qlvb")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_takes_its_tls_from_the_environment(name: str, office: Office) -> None:
    with started(*service(name, office, **office.server)) as process:
        address = ready(process)[2]
        Command(office)("", "key", "new", "stranger", "stranger.key")
        told = Command(office)("h41", "log", "heads", "--service", address, key="stranger.key", status=1)
        scan(address)
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=60)
    assert told.startswith("KEY_UNKNOWN")
    assert logged == ""


@pytest.mark.parametrize("name", SERVICES)
def test_plaintext_beyond_loopback_is_refused_in_one_line_unless_it_is_allowed(name: str, office: Office) -> None:
    host = {f"LIENTHONG_{SERVICES[name]}_HOST": "0.0.0.0"}  # noqa: S104
    with started(*service(name, office, **host)) as process:
        out, told = process.communicate(timeout=60)
    assert (process.returncode, out, len(told.splitlines())) == (2, "", 1)
    assert "LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY" in told
    with started(*service(name, office, **host, LIENTHONG_TLS_PLAINTEXT="allowed")) as process:
        assert ready(process)[:2] == ["ready", name]
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told.count("without TLS")) == (0, 1)


def test_a_certificate_that_cannot_be_used_keeps_a_service_from_starting_with_one_line(office: Office) -> None:
    office.issue("server", days=-1)
    with started(*service("identity", office, **office.server)) as process:
        out, told = process.communicate(timeout=60)
    assert (process.returncode, out, len(told.splitlines())) == (2, "", 1)
    assert f"identity: certificate {office.folder}/server/tls.crt ended on " in told
    assert told.endswith("UTC: renew it\n")
    assert not (office.folder / "data").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tls-certificate", "a.crt", "--tls-key", "a.key"), "--tls-ca"),
        (("--tls-ca", "ca.crt", "--tls-key", "a.key"), "--tls-certificate"),
        (("--tls-ca", "nowhere.crt"), "nowhere.crt cannot be read"),
    ],
)
def test_options_of_tls_that_cannot_be_used_are_one_line(office: Office, words: tuple[str, ...], told: str) -> None:
    Command(office)("", "key", "new", "stranger", "stranger.key")
    said = Command(office)("", *words, "agency", "list", key="stranger.key", status=2)
    assert told in said
    assert len(said.splitlines()) == 1
