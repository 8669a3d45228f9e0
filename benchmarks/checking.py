"""How long `wellstream check` takes, and how much memory, for many acknowledged check-ins.

    uv run python -m benchmarks.checking [CHECK-INS]

Writes check-ins of three answers to their topic in a Kafka of its own and their receipts into the vault,
lets a real store read them, and then runs the command against that store and a real gateway.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from benchmarks.installation import own_settings
from producers.vault import Vault
from schemas.base import Channel
from schemas.codec import encode
from schemas.events import CheckInSubmitted
from schemas.identity import digest
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.topics import CHECKINS
from streams.store.client import Reader
from wellstream.local.kafka import local_kafka
from wellstream.local.services import services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics

AT_ONCE = 5000
START = datetime(2026, 1, 1, tzinfo=UTC)


def checkin(number: int) -> CheckInSubmitted:
    """A check-in by one of 4,096 people."""
    at = START + timedelta(seconds=number)
    return CheckInSubmitted(
        event_id=uuid4(), participant=f"p-{number % 4096:016x}", study="demo@1", zone="UTC", occurred_at=at,
        recorded_at=at, channel=Channel.WEB, language="en", answers={"mood": 5, "stress": 3, "handled": 4},
    )  # fmt: skip


async def fill(settings: Settings, count: int) -> None:
    """Write check-ins and receipts, many at a time: the gateway's way would take an hour for a million."""
    vault = await Vault.open(settings.vault_path, settings.secret("vault_key"))
    file = vault._connection  # noqa: SLF001 - nobody else writes many receipts in one transaction
    async with AIOKafkaProducer(
        bootstrap_servers=settings.kafka, linger_ms=20, max_batch_size=262_144, compression_type="zstd"
    ) as producer:
        for first in range(0, count, AT_ONCE):
            receipts = []
            for event in map(checkin, range(first, min(first + AT_ONCE, count))):
                value = encode(event)
                sent = await producer.send(CHECKINS.name, value, key=event.participant.encode())
                receipts.append((event, digest(value), sent))
            rows = []
            for event, content, sent in receipts:
                place = await sent
                rows.append(
                    Receipt(
                        event_id=event.event_id, topic=place.topic, partition=place.partition,
                        offset=place.offset, digest=content,
                    )
                )  # fmt: skip
            await file.transaction(partial(_note, vault, rows))
    await vault.close()


def _note(vault: Vault, receipts: list[Receipt]) -> None:
    for one in receipts:
        vault.ledger._acknowledge(str(one.event_id), one)  # noqa: SLF001 - as above


def checked(settings: Settings) -> None:
    """Run the command, and print what it took."""
    env = os.environ | {
        "WELLSTREAM_HOME": str(settings.home / "nothing-runs-here"),
        "WELLSTREAM_KAFKA": settings.kafka,
        "WELLSTREAM_STORE_PORT": str(settings.store_port),
        "WELLSTREAM_STORE_TOKEN": settings.secret("store_token"),
        "WELLSTREAM_ADMIN_URL": settings.admin_url,
        "WELLSTREAM_ADMIN_TOKEN": settings.secret("admin_token"),
    }
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "wellstream", "check"], env=env) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - started
    busy, most = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"exit code {process.returncode} after {took:.0f} s, busy for {busy:.0f} s, {most:.0f} MB at most")


def main(count: int) -> None:
    """Run the benchmark."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = stack.enter_context(local_kafka(home / "kafka"))
        asyncio.run(create_topics(kafka))
        settings = own_settings(home, kafka, batch_minutes=1440.0)
        started = time.perf_counter()
        asyncio.run(fill(settings, count))
        print(f"{count:,} check-ins written in {time.perf_counter() - started:.0f} s")
        chosen = [one for one in services(settings) if one.name in ("store", "gateway")]
        stack.enter_context(Supervisor(home, chosen))
        reader = Reader(settings.store_uri, settings.secret("store_token"))
        while int(reader.query("select count(*) as n from checkin_versions")["n"][0]) < count:
            time.sleep(2)
        print(f"and stored in {time.perf_counter() - started:.0f} s")
        checked(settings)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
