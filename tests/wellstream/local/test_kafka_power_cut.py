"""What Kafka has acknowledged survives a loss of power at any moment, on one broker.

Kafka syncs files and the names in a partition's folder, but not that folder's own name: this holds on a file
system with a journal, such as ext4 or XFS.
"""

import os
import signal
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaProducer

from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS, Topic
from tests.power_cut import NOTHING, Disk, folder_content, some, write_folder
from tests.recorded_calls import read_calls, recording
from wellstream.local.kafka import free_port, kafka_service, local_kafka
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]
RECORDS = 300


class _LeftToTheSystem(Topic):
    """A topic whose records the operating system writes when it likes."""

    def config(self, record_days: int | None = None) -> dict[str, str]:
        return super().config(record_days) | {"flush.messages": str(2**63 - 1)}


UNSYNCED = _LeftToTheSystem("unsynced.v1", "Records that nobody asked to be on the disk.")
Promise = tuple[float, str, bytes]
"""When a record was acknowledged, its topic and its value."""


@contextmanager
def recorded_broker(home: Path, trace: Path) -> Iterator[str]:
    """A broker under strace, killed when the block ends."""
    service = kafka_service(home, free_port())
    with subprocess.Popen(recording(service.command, trace), env=service.env) as tracer:
        try:
            limit = time.monotonic() + 90
            while not service.ready():
                assert tracer.poll() is None, "the broker does not start"
                assert time.monotonic() < limit, "the broker is not ready"
                time.sleep(0.2)
            yield service.address
        finally:
            for child in psutil.Process(tracer.pid).children(recursive=True):
                os.kill(child.pid, signal.SIGKILL)
            tracer.wait(30)


async def publish(bootstrap: str) -> list[Promise]:
    """Publish records to both topics, one after the other."""
    await create_topics(bootstrap, [CHECKINS, UNSYNCED])
    acknowledged = []
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for number in range(RECORDS):
            value = f"answer {number}".encode()
            for topic in (CHECKINS, UNSYNCED):
                await producer.send_and_wait(topic.name, value, key=str(number).encode())
                acknowledged.append((time.time(), topic.name, value))
    return acknowledged


async def lost(home: Path, promised: Iterable[Promise]) -> Counter[str]:
    """How many of the records that were promised each topic lacks, once a broker starts on a folder."""
    with local_kafka(home) as bootstrap:
        there = {
            (record.topic, record.value) async for record in read_to_end(bootstrap, [CHECKINS, UNSYNCED])
        }
    return Counter(topic for _, topic, value in promised if (topic, value) not in there)


async def test_a_cut_takes_nothing_back_that_was_acknowledged_and_else_everything(tmp_path: Path) -> None:
    home, trace = tmp_path / "kafka", tmp_path / "trace"
    kafka_service(home, free_port())
    disk = Disk(home, folder_content(home), journal=True)
    with recorded_broker(home, trace) as bootstrap:
        acknowledged = await publish(bootstrap)
    calls = deque(read_calls(trace))
    for count, kept in ((RECORDS, NOTHING), (2 * RECORDS, some(1))):
        promised = acknowledged[:count]
        while calls and calls[0].at <= promised[-1][0]:
            calls.popleft().apply(disk)
        write_folder(disk.after_cut(kept), home, home)
        found = await lost(home, promised)
        assert found[CHECKINS.name] == 0
        assert found[UNSYNCED.name] == RECORDS // 2 or kept is not NOTHING
