"""The README's five-minute path: the platform and the command, as a newcomer uses them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIENTHONG = [sys.executable, "-m", "lienthong_sdk.main"]
OPERATOR = Path("platform/identity/operator.key")


class Shell:
    """A newcomer's shell in a folder of its own, beside a running platform."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.up = subprocess.Popen(
            [*LIENTHONG, "up", "--data", "platform", "--port-base", "0"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.up.stdout is not None
        line = self.up.stdout.readline()
        places = dict(re.findall(r"(identity|docexchange) (\S+)", line))
        self.environment = {
            **os.environ,
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "LIENTHONG_IDENTITY": places["identity"],
            "LIENTHONG_DOCEXCHANGE": places["docexchange"],
        }
        self.docexchange = places["docexchange"]

    def run(self, *words: str, key: Path | str = OPERATOR, status: int = 0) -> str:
        """Run a command; return what it printed, on either stream."""
        done = subprocess.run(
            [*LIENTHONG, *words, "--key", str(key)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def key(self, system: str) -> str:
        """Make a key file."""
        file = f"{system}.key"
        subprocess.run([*LIENTHONG, "key", "new", system, file], cwd=self.folder, check=True, capture_output=True)
        return file

    def end(self) -> int:
        """Stop the platform as Ctrl+C does."""
        self.up.send_signal(signal.SIGINT)
        return self.up.wait(30)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    if shell.up.poll() is None:
        shell.up.kill()
        shell.up.wait()
    if shell.up.stdout is not None:
        shell.up.stdout.close()


def test_a_newcomer_sends_a_document_sees_it_arrive_and_replays_it(shell: Shell) -> None:
    shell.run("agency", "register", "H41", "Ủy ban nhân dân tỉnh Nghệ An")
    shell.run("agency", "register", "000.00.00.H26", "Ủy ban nhân dân thành phố Hà Nội")
    sender, receiver = shell.key("h41-qlvb"), shell.key("h26-qlvb")
    shell.run("system", "enrol", sender, "H41")
    shell.run("system", "enrol", receiver, "H26")
    (shell.folder / "cong-van.txt").write_text("Kính gửi")
    words = ["--to", "H26", "--number", "1", "--notation", "UBND-TH", "--subject", "Văn bản đầu tiên"]
    document = shell.run("send", *words, "--file", "cong-van.txt", key=sender).split()[0]

    assert document in shell.run("inbox", key=receiver)
    assert "Allowed now: STATUS_ARRIVED" in shell.run("status", document, "03", key=receiver, status=1)
    assert "arrived" in shell.run("status", document, "01", key=receiver)
    assert "DeliveryStatusReported" in shell.run("trace", document, key=sender)
    replayed = shell.run("log", "stream", f"document-{document}", "--service", shell.docexchange)
    events = [json.loads(line)["event"]["@type"].rpartition(".")[2] for line in replayed.splitlines()]
    assert events == ["DocumentSent", "DeliveryStatusReported"]
    status = shell.run("views", "status", "--service", shell.docexchange)
    assert "live" in status
    assert "log identity" not in status, "only what does not follow is told of"
    assert "the same as before" in shell.run("views", "rebuild", "inbox", "--service", shell.docexchange)

    shell.run("export", document, "message.xml", key=receiver)
    assert "SENDER_DIFFERS" in shell.run("import", "message.xml", key=receiver, status=1)
    assert "DOCUMENT_EXISTS" in shell.run("import", "message.xml", key=sender, status=1)
    assert shell.end() == 0


def test_a_command_says_in_one_line_that_the_platform_is_not_there(shell: Shell) -> None:
    assert shell.end() == 0
    told = shell.run("agency", "list", status=2)
    assert told.startswith("lienthong: ")
    assert len(told.splitlines()) == 1
