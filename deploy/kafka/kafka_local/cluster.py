"""One or three brokers that live as long as a `with` block, or as this process at the most."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka_local.java import prepare
from kafka_local.node import Node
from kafka_local.ports import free_ports
from kafka_local.properties import HOST, Ports, Secure
from kafka_local.ready import wait_ready


class Kafka:
    """A cluster on free ports of this machine; nodes are numbered from 1.

    With a `folder` its data stay there, otherwise they go at the end. Every method returns when what it says is done.
    With `proxy`, a port, the first node has a further listener at `beyond_proxy`, whose clients are told to dial that
    port: for tests of the network between. With `host`, another address of this machine, clients beyond it reach it.
    Raises KafkaLocalError when the cluster cannot be had.
    """

    def __init__(
        self,
        nodes: int = 1,
        folder: Path | None = None,
        secure: Secure | None = None,
        proxy: int = 0,
        host: str = HOST,
    ) -> None:
        home = Path(tempfile.mkdtemp(prefix="lienthong-kafka-")) if folder is None else folder.absolute()
        self._secure = secure
        self._host = host
        ports = free_ports()
        self._ports = {n: Ports(next(ports), next(ports), next(ports)) for n in range(1, nodes + 1)}
        if proxy:
            self._ports[1] = replace(self._ports[1], beyond=next(ports), proxy=proxy)
        self._nodes = {n: Node(home / f"node-{n}", remove=folder is None) for n in self._ports}

    @property
    def bootstrap(self) -> str:
        """The addresses to give to a client."""
        return ",".join(f"{self._host}:{each.plain}" for each in self._ports.values())

    @property
    def secure_bootstrap(self) -> str:
        """The addresses of the listeners with TLS and SCRAM."""
        return ",".join(f"{HOST}:{each.secure}" for each in self._ports.values())

    @property
    def beyond_proxy(self) -> int:
        """The port that a proxy passes to."""
        return self._ports[1].beyond

    def start(self) -> None:
        """Prepare and start all nodes."""
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(self._prepare, self._nodes))
            for node in self._nodes.values():
                node.start()
            self._wait(*self._nodes)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all nodes."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.stop, self._nodes.values()))

    def kill(self, node: int) -> None:
        """End a node by SIGKILL."""
        self._nodes[node].kill()

    def start_node(self, node: int) -> None:
        """Start a node again with the data that it had."""
        self._nodes[node].start()
        self._wait(node)

    def pause(self, node: int) -> None:
        """Let a node stand still (SIGSTOP)."""
        self._nodes[node].pause()

    def resume(self, node: int) -> None:
        """Let it go on (SIGCONT)."""
        self._nodes[node].resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _prepare(self, node: int) -> None:
        prepare(self._nodes[node].folder, node, self._ports, self._secure, self._host)

    def _wait(self, *nodes: int) -> None:
        wait_ready(
            {n: self._ports[n].plain for n in nodes},
            lambda n: self._nodes[n].alive(),
            lambda n: self._nodes[n].last_words(),
            self._host,
        )
