"""Take the contract as it is now for the one that must not be broken: `python tests/contract/make_baseline.py`.

This is done on purpose and seldom: at a release, or while nothing has been released. It writes baseline.binpb, the
image of protos/ without source info. (The imports stay: buf does not link an image that lacks them.)
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BASELINE = HERE / "baseline.binpb"
IMAGE = ROOT / ".build" / "contract.binpb"
BUF = Path(sys.executable).parent / "buf"


def main() -> int:
    """Write the baseline; return the exit status."""
    image = fresh_image()
    command = [str(BUF), "build", str(image), "--exclude-source-info", "-o", str(BASELINE)]
    return subprocess.run(command, check=False, cwd=ROOT).returncode


def fresh_image() -> Path:
    """Return the image of protos/, built again when a proto is newer."""
    newest = max(path.stat().st_mtime for path in (ROOT / "protos").rglob("*.proto"))
    if not IMAGE.exists() or IMAGE.stat().st_mtime < newest:
        generate = [sys.executable, str(ROOT / "libs" / "contracts" / "generate.py"), "--check"]
        subprocess.run(generate, check=False, cwd=ROOT)
    return IMAGE


if __name__ == "__main__":
    sys.exit(main())
