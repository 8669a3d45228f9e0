"""`wellstream check` on real services: its exit code, what it says when it watches, and its figures."""

import asyncio
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from producers.kafka import Publisher
from producers.vault import Vault
from schemas.identity import digest, event_id
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topics import CONSENTS
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from tests.journeys.people import person, until
from tests.made_events import START, own
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(300)]
NUMBER = "+447700900501"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Settings]:
    """A gateway and a store that nobody else uses."""
    with local_kafka(tmp_path / "kafka") as kafka:
        asyncio.run(create_topics(kafka))
        settings = with_free_ports(local_settings(tmp_path, DEMO, kafka, simulation=False))
        with Supervisor(tmp_path, [one for one in services(settings) if one.name in ("store", "gateway")]):
            yield settings


def called(*options: str) -> list[str]:
    return [sys.executable, "-m", "wellstream", "check", *options]


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "WELLSTREAM_HOME": str(settings.home / "nothing-runs-here"),
        "WELLSTREAM_KAFKA": settings.kafka,
        "WELLSTREAM_STORE_PORT": str(settings.store_port),
        "WELLSTREAM_STORE_TOKEN": settings.secret("store_token"),
        "WELLSTREAM_ADMIN_URL": settings.admin_url,
        "WELLSTREAM_ADMIN_TOKEN": settings.secret("admin_token"),
    }


def figures(file: Path) -> dict[str, int]:
    """A file for Prometheus; every figure is explained and typed."""
    lines = file.read_text().splitlines()
    values = [line.split() for line in lines if not line.startswith("#")]
    for name, _ in values:
        assert f"# TYPE {name} gauge" in lines
        assert any(line.startswith(f"# HELP {name} ") for line in lines)
    return {name.removeprefix("wellstream_check_"): int(value) for name, value in values}


@contextmanager
def watching(settings: Settings, *options: str) -> "Iterator[queue.Queue[str]]":
    """`check --watch` while the block runs; the lines that it prints."""
    lines: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(
        called("--watch", "--every", "1", *options), env=environment(settings), stdout=subprocess.PIPE,
        text=True,
    ) as watch:  # fmt: skip
        stdout = watch.stdout
        assert stdout

        def read() -> None:
            for line in stdout:
                lines.put(line.strip())

        reading = threading.Thread(target=read)
        reading.start()
        try:
            yield lines
            assert watch.poll() is None, "it goes on until it is ended"
        finally:
            watch.terminate()
            reading.join(10)


async def check_in(settings: Settings, name: str) -> None:
    """Publish a check-in as an import does."""
    study = load_study(DEMO)
    publisher = Publisher(settings.kafka)
    event = own(study, START, mood=7).model_copy(update={"event_id": event_id("check", name)})
    await publisher.publish(event)
    await publisher.close()


async def forge(settings: Settings) -> Receipt:
    """Have the ledger say that Kafka acknowledged an event that it does not have."""
    receipt = Receipt(
        event_id=uuid4(), topic=CONSENTS.name, partition=3, offset=900, digest=digest("never written")
    )
    vault = await Vault.open(settings.vault_path, settings.secret("vault_key"))
    await vault.ledger.acknowledge(receipt.event_id, receipt)
    await vault.close()
    return receipt


def test_it_says_what_has_changed_and_names_what_is_lost(installation: Settings, tmp_path: Path) -> None:
    metrics = tmp_path / "check.prom"
    person(installation, NUMBER)
    asyncio.run(check_in(installation, "first"))
    done = subprocess.run(
        called("--metrics", str(metrics)), env=environment(installation), capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accepted=1 stored=1 quarantined=0 lost=0" in done.stdout.splitlines()
    found = figures(metrics)
    assert (found["accepted"], found["stored"], found["acknowledged"], found["lost"]) == (1, 1, 2, 0)

    said: list[str] = []

    def says(words: str) -> bool:
        while not lines.empty():
            said.append(lines.get())
        return any(words in line for line in said)

    with watching(installation, "--metrics", str(metrics)) as lines:
        until(lambda: says("accepted=1 stored=1"))
        asyncio.run(check_in(installation, "second"))
        until(lambda: says("accepted=2 stored=2"))
        lost = asyncio.run(forge(installation))
        until(lambda: says(f"Kafka has lost event {lost.event_id}"))
        until(lambda: figures(metrics)["lost"] == 1)
    assert f"{CONSENTS.name}, partition 3, offset 900" in " ".join(said)
    assert len(said) == len(set(said)), "a line that stays the same is not repeated"

    done = subprocess.run(
        called(), env=environment(installation), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 1
    assert str(lost.event_id) in done.stdout


def test_while_a_service_is_away_watching_says_so_once_and_goes_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings = local_settings(tmp_path, DEMO, f"127.0.0.1:{deaf.getsockname()[1]}", simulation=False)
        asked: list[int] = []

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    deaf.accept()[0].close()
                    asked.append(1)

        threading.Thread(target=hang_up, daemon=True).start()
        with subprocess.Popen(
            called("--watch", "--every", "1"), env=environment(settings), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        ) as watch:  # fmt: skip
            stderr = watch.stderr
            assert stderr
            said = [stderr.readline()]
            seen = len(asked)
            until(lambda: len(asked) > seen + 3)
            watch.terminate()
            out, more = watch.communicate(timeout=20)
    assert "Kafka" in said[0]
    assert (out, more) == ("", "")
