"""What can happen to a distributed platform: each blow strikes, waits, and mends what it struck.

What is killed is started again by the blow; what only stood still, or was cut off, goes on by itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from drills.spread import Spread

LEASE_SECONDS = 10.0  # longer than any lease of the platform: who stood still so long comes back as a zombie
Blow: TypeAlias = Callable[[Spread, random.Random], Awaitable[int]]  # returns how many processes it has killed


async def replica(platform: Spread, rng: random.Random) -> int:
    """Kill one replica of docexchange with its writer, relay, followers and subscriptions."""
    name = rng.choice(platform.replicas)
    platform.processes[name].kill()
    await asyncio.sleep(rng.uniform(0, 2))
    await platform.restart(name)
    return 1


async def all_replicas(platform: Spread, rng: random.Random) -> int:
    """Kill every replica of docexchange."""
    for name in platform.replicas:
        platform.processes[name].kill()
    await asyncio.sleep(rng.uniform(0, 1))
    await platform.restart(*platform.replicas)
    return len(platform.replicas)


async def identity(platform: Spread, rng: random.Random) -> int:
    """Kill identity: docexchange goes on with the directory that it has."""
    platform.processes["identity"].kill()
    await asyncio.sleep(rng.uniform(0, 2))
    await platform.restart("identity")
    return 1


async def database(platform: Spread, rng: random.Random) -> int:
    """Kill PostgreSQL, all of its processes."""
    await asyncio.to_thread(platform.postgresql.kill)
    await asyncio.sleep(rng.uniform(0, 2))
    await asyncio.to_thread(platform.postgresql.start)
    return 1


async def broker(platform: Spread, rng: random.Random) -> int:
    """Kill the only broker: every service goes on deciding and answering."""
    await asyncio.to_thread(platform.kafka.kill, 1)
    await asyncio.sleep(rng.uniform(0, 2))
    await asyncio.to_thread(platform.kafka.start_node, 1)
    return 1


async def zombie(platform: Spread, rng: random.Random) -> int:
    """Let a replica stand still until its leases have gone; then it wakes up, and believes that it has them."""
    name = rng.choice(platform.replicas)
    platform.processes[name].pause()
    await asyncio.sleep(LEASE_SECONDS + rng.uniform(1, 3))
    platform.processes[name].resume()
    return 0


async def hiccup(platform: Spread, rng: random.Random) -> int:
    """Let a process stand still for a moment."""
    process = platform.processes[rng.choice(list(platform.processes))]
    process.pause()
    await asyncio.sleep(rng.uniform(0.1, 2))
    process.resume()
    return 0


async def one_of_three(platform: Spread, rng: random.Random) -> int:
    """Kill one of three brokers, a leader of some partitions: the other two go on, and records cross meanwhile."""
    node = rng.randint(1, 3)
    await asyncio.to_thread(platform.kafka.kill, node)
    await asyncio.sleep(rng.uniform(8, 12))
    await asyncio.to_thread(platform.kafka.start_node, node)
    return 1


KILLS: dict[Blow, int] = {replica: 8, all_replicas: 1, identity: 3, database: 1, broker: 1}  # how often, by weight
