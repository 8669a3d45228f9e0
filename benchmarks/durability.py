"""What it costs that Kafka writes each record to the disk before it acknowledges it.

    uv run python -m benchmarks.durability [SECONDS]

Starts its own Kafka and vault, and accepts check-ins through the gateway's intake (two commits of the vault
and one record each): on topics that leave writing to the operating system, and on topics as declared, in
turns, so that a busy machine disturbs both alike. Prints how many are accepted a second by 50 clients that
each wait for their answer, and how long one takes while 20 a second arrive.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from producers.gateway.intake import Intake
from producers.kafka import Publisher
from producers.vault import Vault
from schemas.base import Channel
from schemas.clock import now
from schemas.events import CheckInSubmitted
from schemas.topic_log import TopicReader
from schemas.topics import CHECKINS
from wellstream.local.kafka import local_kafka
from wellstream.operations.topics import create_topics

CLIENTS = 50
A_SECOND = 20
TURNS = 3
FLUSH = "flush.messages"
WAYS = {"left to the system": str(2**63 - 1), "written before acknowledged": "1"}


def checkin(at: datetime) -> CheckInSubmitted:
    """A check-in of three answers by one of 4,096 people."""
    name = uuid4()
    return CheckInSubmitted(
        event_id=name, participant=f"p-{name.hex[:3]:0<16}", study="demo@1", zone="UTC", occurred_at=at,
        recorded_at=at, channel=Channel.WEB, language="en", answers={"mood": 5, "stress": 3, "handled": 4},
    )  # fmt: skip


async def flush(bootstrap: str, value: str) -> None:
    """Set how many records may wait to be written."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    given = CHECKINS.config() | {FLUSH: value}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, CHECKINS.name, given)])
    await admin.close()


async def as_fast_as_possible(accept: Callable[[], Awaitable[None]], seconds: float) -> float:
    """How many are accepted a second by clients that each send the next one after the last."""
    started, done = time.perf_counter(), 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - started < seconds:
            await accept()
            done += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.perf_counter() - started)


async def at_a_rate(accept: Callable[[], Awaitable[None]], seconds: float) -> list[float]:
    """How many seconds each takes while they arrive at a set rate."""
    took: list[float] = []

    async def one() -> None:
        begun = time.perf_counter()
        await accept()
        took.append(time.perf_counter() - begun)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place in range(int(A_SECOND * seconds)):
            await asyncio.sleep(max(0.0, started + place / A_SECOND - time.perf_counter()))
            group.create_task(one())
    return took


async def measure(bootstrap: str, home: Path, seconds: float) -> None:
    """Measure in turns, and print the ratios."""
    await create_topics(bootstrap)
    async with TopicReader(bootstrap, {}, [CHECKINS]):
        pass  # every partition has its leader
    vault = await Vault.open(home / "vault.db", "s" * 32)
    publisher = Publisher(bootstrap, limit=30)
    intake = Intake(vault, publisher, now)

    async def accept() -> None:
        event = checkin(now().astimezone(UTC))
        await intake.publish_once(event.event_id, lambda _: event)

    await as_fast_as_possible(accept, 3)
    fast: dict[str, list[float]] = {way: [] for way in WAYS}
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(TURNS):
        for way, value in WAYS.items():
            await flush(bootstrap, value)
            fast[way].append(await as_fast_as_possible(accept, seconds))
            took[way] += await at_a_rate(accept, seconds)
    await publisher.close()
    await vault.close()
    median: dict[str, tuple[float, float]] = {}
    for way in WAYS:
        cuts = statistics.quantiles(took[way], n=100)
        median[way] = (statistics.median(fast[way]), cuts[98])
        print(
            f"{way}: {median[way][0]:.0f} check-ins a second; at {A_SECOND} a second, median "
            f"{1000 * cuts[49]:.1f} ms, 99th percentile {1000 * cuts[98]:.1f} ms"
        )
    (plain, slow), (flushed, slower) = median.values()
    print(f"ratios: check-ins a second {flushed / plain:.2f}, 99th percentile {slower / slow:.2f}")


def main(seconds: float) -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with local_kafka(home / "kafka") as bootstrap:
            asyncio.run(measure(bootstrap, home, seconds))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10)
