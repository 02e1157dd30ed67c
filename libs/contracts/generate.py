"""Generate everything in this folder from protos/, and an image of the contract for buf.

`python libs/contracts/generate.py` writes into this folder; `--check` compares instead and ends with status 1 when
something differs. Third-party protos come from the installed wheels, so nothing is fetched: google.* from
googleapis-common-protos, buf.validate as the descriptor that protovalidate carries.
"""

from __future__ import annotations

import argparse
import filecmp
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

from google.protobuf import (
    descriptor_pb2,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb  # the only place where the wheel keeps it

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROTOS = ROOT / "protos"
IMAGE = ROOT / ".build" / "contract.binpb"
BIN = Path(sys.executable).parent
GENERATED = ("lienthong", "buf")


def main() -> int:
    """Generate or compare; return the exit status."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="compare, change nothing")
    check = arguments.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        _generate(out)
        if check:
            return _compare(out)
        for name in GENERATED:
            shutil.rmtree(HERE / name, ignore_errors=True)
            shutil.copytree(out / name, HERE / name)
    return 0


def _generate(out: Path) -> None:
    dependencies = out / "dependencies.binpb"
    dependencies.write_bytes(_validate_descriptors().SerializeToString())
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    common = [
        "protoc",
        f"--descriptor_set_in={dependencies}",
        f"-I{PROTOS}",
        f"-I{_folder_of('google.rpc')}",
        f"-I{_folder_of('grpc_tools') / 'grpc_tools' / '_proto'}",
        f"--plugin=protoc-gen-mypy={BIN / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={BIN / 'protoc-gen-mypy_grpc'}",
    ]
    IMAGE.parent.mkdir(exist_ok=True)
    _protoc(
        [
            *common,
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={IMAGE}",
            *sources,
        ]
    )
    _protoc(
        [
            *common,
            f"--python_out={out}",
            f"--mypy_out=quiet:{out}",
            *sources,
            "buf/validate/validate.proto",
        ]
    )
    _protoc(
        [
            *common,
            f"--grpc_python_out={out}",
            f"--mypy_grpc_out=quiet:{out}",
            *[source for source in sources if source.endswith("_service.proto")],
        ]
    )
    dependencies.unlink()
    for name in GENERATED:
        (out / name / "py.typed").touch()


def _validate_descriptors() -> descriptor_pb2.FileDescriptorSet:
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, timestamp_pb2, field_mask_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    return files


def _folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: run make install-dev")
    return Path(next(iter(spec.submodule_search_locations))).parents[package.count(".")]  # holds the top package


def _protoc(arguments: list[str]) -> None:
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc refused the contract; its message is above")


def _compare(out: Path) -> int:
    stale = [
        str(path)
        for name in GENERATED
        for path in sorted(_files(out / name, out) ^ _files(HERE / name, HERE))
    ]
    stale += [
        str(path)
        for name in GENERATED
        for path in sorted(_files(out / name, out) & _files(HERE / name, HERE))
        if not filecmp.cmp(out / path, HERE / path, shallow=False)
    ]
    for path in stale:
        sys.stderr.write(f"libs/contracts/{path} differs from what protos/ gives: run make generate\n")
    return 1 if stale else 0


def _files(folder: Path, start: Path) -> set[Path]:
    return {
        path.relative_to(start)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


if __name__ == "__main__":
    sys.exit(main())
