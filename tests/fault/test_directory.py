"""Who is who crosses from identity to docexchange, whatever a kill leaves unpublished."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from drills import papers
from lienthong.docexchange.v1 import document_service_pb2
from lienthong_sdk import Lienthong

from tests.fault.watched import watched

ROUNDS = 2


@pytest.mark.timeout(120)
def test_who_was_enrolled_just_before_a_kill_can_send_as_soon_as_the_platform_is_ready(tmp_path: Path) -> None:
    async def play() -> None:
        async with watched(tmp_path, seed=7, agencies=2) as watch:
            for code in [f"H{70 + number}" for number in range(ROUNDS)]:
                signer, _ = await watch.load.enrol(code)
                watch.platform.kill()
                await watch.platform.start()
                command = papers.command(  # it does not say what it follows
                    "documents",
                    "SendDocument",
                    document_service_pb2.SendDocumentRequest,
                    content=papers.content(1),
                    recipients=[code],
                )
                async with Lienthong(watch.platform.addresses, signer) as client:
                    answer = await watch.load.docexchange.settle(client, command)
                assert answer is not None, watch.load.docexchange.refused[command.request_id]
            await watch.load.pause()
            await watch.audit()

    asyncio.run(play())
