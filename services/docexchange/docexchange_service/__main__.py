"""Runs docexchange alone: `python -m docexchange_service`. Set by `settings`, `eventlog.engines` and `grpckit.tls`."""

from __future__ import annotations

import sys

from eventlog.engines import EngineSettings
from grpckit.process import run_service
from grpckit.tls import TlsSettings

from docexchange_service.app import LOG, serve
from docexchange_service.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT; with `migrate`, as the database's owner, make ready what it needs there."""
    run_service(
        LOG,
        lambda: serve(Settings(), EngineSettings(), TlsSettings()),
        lambda: EngineSettings().migrate(LOG, Settings().partitions),
        sys.argv[1:],
    )


if __name__ == "__main__":
    main()
