"""The local Kafka: what it is given it keeps, and what is wrong with it is said in a sentence."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import CHECKINS, TOPICS, Topic
from wellstream.local.kafka import KafkaUnavailable, kafka_service, local_kafka
from wellstream.operations.probes import speaks_kafka
from wellstream.operations.topics import TopicMismatch, TopicRefused, create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
PLACE = TopicPartition(CHECKINS.name, 0)


@pytest.mark.slow
async def test_a_restart_keeps_topics_and_records(tmp_path: Path) -> None:
    with local_kafka(tmp_path) as bootstrap:
        assert await create_topics(bootstrap) == [topic.name for topic in TOPICS]
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            await producer.send_and_wait(CHECKINS.name, b"kept", partition=0)
        pid = _kafka_pid(tmp_path)
    assert not psutil.pid_exists(pid)
    with local_kafka(tmp_path) as bootstrap:
        assert await create_topics(bootstrap) == []
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            consumer.assign([PLACE])
            consumer.seek(PLACE, 0)
            assert (await consumer.getone()).value == b"kept"


def _kafka_pid(home: Path) -> int:
    return int(json.loads((home / "services.json").read_text())["services"][0]["pid"])


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(KafkaUnavailable, match=f"port {port} is in use"):
            kafka_service(tmp_path, port)
        assert not speaks_kafka(port)
    assert not list(tmp_path.iterdir())


def test_without_network_the_first_run_says_so(tmp_path: Path) -> None:
    """A machine whose caches are empty and whose proxy leads nowhere."""
    script = (
        "import sys, pathlib\nfrom wellstream.local.kafka import KafkaUnavailable, kafka_service\n"
        "try: kafka_service(pathlib.Path(sys.argv[1]), 1)\nexcept KafkaUnavailable as e: print(e)"
    )
    nowhere = {"HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "kafka")],
        env={k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | nowhere,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "needs a network connection" in done.stdout


@pytest.mark.slow
def test_kafka_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, time\nfrom wellstream.local.kafka import local_kafka\n"
        "with local_kafka(pathlib.Path(sys.argv[1])): print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "up\n"
        kafka = psutil.Process(_kafka_pid(tmp_path))
        owner.kill()
    end = time.monotonic() + 40
    while kafka.is_running() and kafka.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "Kafka outlives its owner"
        time.sleep(0.1)


async def test_a_topic_that_is_another_one_or_is_refused_is_an_error(broker: str) -> None:
    with pytest.raises(TopicMismatch, match="12 partitions instead of 5"):
        await create_topics(broker, [Topic(**(vars(CHECKINS) | {"partitions": 5}))])
    with pytest.raises(TopicRefused, match="no/such"):
        await create_topics(broker, [Topic(**(vars(CHECKINS) | {"name": "no/such"}))])
