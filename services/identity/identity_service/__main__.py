"""Runs identity alone: `python -m identity_service`. What can be set is in `settings`."""

from __future__ import annotations

import logging

import uvloop
from grpckit.process import prepare_process

from identity_service.app import serve
from identity_service.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    prepare_process()
    uvloop.run(serve(Settings()))


if __name__ == "__main__":
    main()
