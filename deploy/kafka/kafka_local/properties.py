"""A broker's server.properties. Every node is broker and controller; the quorum is fixed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Secure:
    """A further listener with TLS and SCRAM-SHA-512, beside the plain one."""

    keystore: Path  # PEM: the broker's private key (PKCS 8) and its certificates
    ca: Path  # PEM
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Ports:
    """The ports of one node."""

    plain: int
    controller: int
    secure: int
    beyond: int = 0  # where the listener for a proxy listens
    proxy: int = 0  # where clients of that listener find it: at the proxy


def server(node: int, data: Path, ports: dict[int, Ports], secure: Secure | None, host: str = HOST) -> str:
    """Return the text of server.properties of a node among those in `ports`; its plain listener is at `host`."""
    mine = ports[node]
    copies = min(3, len(ports))
    lines = {
        "process.roles": "broker,controller",
        "node.id": node,
        "log.dirs": data,
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": ",".join(f"{n}@{HOST}:{each.controller}" for n, each in ports.items()),
        "listeners": f"PLAINTEXT://{host}:{mine.plain},CONTROLLER://{HOST}:{mine.controller}",
        "advertised.listeners": f"PLAINTEXT://{host}:{mine.plain}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,PROXIED:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": max(1, copies - 1),
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": max(1, copies - 1),
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 3000,  # a broker killed is let in again after this
    }
    if mine.proxy:
        lines["listeners"] = f"{lines['listeners']},PROXIED://{HOST}:{mine.beyond}"
        lines["advertised.listeners"] = f"{lines['advertised.listeners']},PROXIED://{HOST}:{mine.proxy}"
    if secure is not None:
        lines |= _secure(secure)
        lines["listeners"] = f"{lines['listeners']},SECURE://{HOST}:{mine.secure}"
        lines["advertised.listeners"] = f"{lines['advertised.listeners']},SECURE://{HOST}:{mine.secure}"
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _secure(secure: Secure) -> dict[str, object]:
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": login,
        "listener.name.secure.ssl.keystore.type": "PEM",
        "listener.name.secure.ssl.keystore.location": secure.keystore,
        "listener.name.secure.ssl.truststore.type": "PEM",
        "listener.name.secure.ssl.truststore.location": secure.ca,
    }
