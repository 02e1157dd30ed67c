"""python -m chartcheck.obtaining [NAME ...]: obtain schemas anew and write them to chartcheck/schemas.

Needs what sources.toml says: pip, go, cargo, mvn with Java 21. Exit status: 0 done; 2 it cannot be, with one line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from chartcheck.objects import Body
from chartcheck.obtaining import by_cargo, by_go, by_maven, by_pypi
from chartcheck.obtaining.compact import only_kept, strict_kind, with_names
from chartcheck.obtaining.running import NotObtained
from chartcheck.obtaining.source import Source, sources

_FOLDER = Path(__file__).parents[1] / "schemas"
_WAYS = {"cargo": by_cargo.obtain, "go": by_go.obtain, "maven": by_maven.obtain, "pypi": by_pypi.obtain}


def main(arguments: list[str] | None = None) -> int:
    """Obtain those named, else all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m chartcheck.obtaining", description="Obtain schemas anew")
    parser.add_argument("names", nargs="*", help="of sources.toml; default all")
    given = parser.parse_args(arguments)
    try:
        for source in sources():
            if not given.names or source.name in given.names:
                _write(source)
    except NotObtained as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2
    return 0


def _write(source: Source) -> None:
    with tempfile.TemporaryDirectory() as folder:
        obtained = _WAYS[source.by](source, Path(folder))
    kept = _kubernetes(source, obtained) if source.by == "pypi" else _custom(obtained)
    file = _FOLDER / f"{source.name}.json"
    text = json.dumps({"source": source.header(), **kept}, separators=(",", ":"), sort_keys=True)
    file.write_text(text.replace('},"', '},\n"') + "\n", encoding="utf-8")
    print(f"{file.name}: {len(source.kinds)} kinds, {file.stat().st_size // 1024} KiB")  # noqa: T201 - the command's answer


def _custom(obtained: dict[str, Body]) -> dict[str, Body]:
    kinds, named = with_names({kind: strict_kind(schema) for kind, schema in obtained.items()})
    return {"kinds": kinds, "$defs": named}


def _kubernetes(source: Source, obtained: dict[str, Body]) -> dict[str, Body]:
    made = {name: only_kept(schema) for name, schema in obtained.items()}
    for kind in source.kinds:
        made[kind]["properties"].pop("status", None)
    return {
        "kinds": {kind: made[kind] for kind in source.kinds},
        "$defs": {name: schema for name, schema in sorted(made.items()) if name not in source.kinds},
    }


if __name__ == "__main__":
    sys.exit(main())
