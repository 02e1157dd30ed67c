"""In which order the doctor looks, and what it does not ask where an earlier look has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from grpckit.certificates import TlsFileError
from grpckit.listening import joined

from lienthong_sdk.commands.doctor import network
from lienthong_sdk.commands.doctor.finding import Finding, Verdict, fail, skipped
from lienthong_sdk.commands.doctor.services import Replica
from lienthong_sdk.commands.engines import open_topic

if TYPE_CHECKING:
    from grpckit.renewing import ClientTls
    from grpckit.signing import Signer


class Examination:
    """One look at everything that was named; `operator` may be None, `database_url` and `kafka` empty."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        operator: Signer | None,
        tls: ClientTls | None,
        database_url: str,
        kafka: str,
    ) -> None:
        self._addresses = addresses
        self._operator = operator
        self._tls = tls
        self._url = database_url
        self._kafka = kafka
        self._heads: dict[str, Sequence[int]] = {}  # by log, as whoever knows them best told them

    def run(self) -> Iterator[Finding]:
        """Look at services, then at the database, then at the topics."""
        yield from network.own_certificate(self._tls)
        for service, address in self._addresses.items():
            yield from self._service(service, address)
        if self._url:
            yield from self._database()
        else:
            yield skipped("database", "all", "--database-url")
        if not self._kafka:
            yield skipped("topics", "all", "--kafka")
        elif not self._heads:
            yield skipped("topics", "all", "a service or a database that tells which logs there are")
        else:
            yield from self._topics()

    def _service(self, service: str, address: str) -> Iterator[Finding]:
        findings, places = network.resolve(service, address)
        yield from findings
        for host, ip, port in places:
            subject = f"{service} {joined(ip, port)}"
            secured = [network.reach(subject, ip, port)]
            if secured[0].verdict is not Verdict.FAIL:
                secured += network.secure(subject, host, ip, port, self._tls)
            yield from secured
            if all(each.verdict is not Verdict.FAIL for each in secured):
                yield from self._replica(subject, joined(ip, port), host if self._tls else "")

    def _replica(self, subject: str, address: str, server_name: str) -> Sequence[Finding]:
        replica = Replica(subject, address, self._operator, self._tls, server_name)
        findings = asyncio.run(_asked(subject, replica))
        if replica.told:
            self._heads[replica.told.log] = replica.told.heads
        return findings

    def _database(self) -> Iterator[Finding]:
        from lienthong_sdk.commands.doctor.database import Database  # noqa: PLC0415 - see `engines`

        database = Database(self._url)
        yield from database.examine()
        self._heads |= database.heads

    def _topics(self) -> Iterator[Finding]:
        from lienthong_sdk.commands.doctor import topics  # noqa: PLC0415 - see `engines`

        with open_topic(self._kafka) as topic:
            for log, heads in self._heads.items():
                yield from topics.examine(topic, log, heads, self._heads_now)

    def _heads_now(self, log: str) -> Sequence[int]:
        """Read a log's heads anew, where there is a way."""
        again = Examination(self._addresses, self._operator, self._tls, self._url, "")
        for _ in again.run():
            pass
        return again._heads.get(log, self._heads[log])


async def _asked(subject: str, replica: Replica) -> list[Finding]:
    try:
        return [finding async for finding in replica.examine()]
    except TlsFileError as error:
        return [fail(subject, "tls", str(error), "as it says")]
