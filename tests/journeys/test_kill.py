"""The worker and the store are killed while check-ins stream in: every acknowledged one is there, once."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from producers.simulator.ledger import Ledger
from producers.simulator.run import send_past
from schemas.clock import now
from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topic_log import TopicReader
from schemas.topics import CHECKINS, INDICATORS, MESSAGES, PROMPTS
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from streams.store.rebuild import rebuild
from streams.store.reconcile import reconcile_with_topics, settle
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics, lag

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(600)]


@pytest.fixture
def kafka_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_kafka(tmp_path_factory.mktemp("kafka-to-kill")) as bootstrap:
        yield bootstrap


def process_of(settings: Settings, name: str) -> int:
    listed = json.loads((settings.home / "services.json").read_text())["services"]
    return next(int(service["pid"]) for service in listed if service["name"] == name)


async def test_nothing_is_lost_or_doubled_and_a_rebuild_gives_the_same_rows(
    kafka_of_its_own: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await create_topics(kafka_of_its_own)
    home = tmp_path_factory.mktemp("home-to-kill")
    settings = with_free_ports(local_settings(home, DEMO, kafka_of_its_own, simulation=True))
    ledger = Ledger(home / "simulator.json", seed=4, people=9, days=21, first_day=now().date())
    wanted = [service for service in services(settings) if service.name != "dashboard"]
    kills = 0
    with Supervisor(settings.home, wanted):
        past = asyncio.ensure_future(
            send_past(settings, load_study(DEMO), ledger, now(), lambda done, total: None)
        )
        while not past.done() or kills < 4:
            for name in ("worker", "store"):
                os.kill(process_of(settings, name), signal.SIGKILL)
                kills += 1
            await asyncio.wait({past}, timeout=3)
            if kills >= 6:
                break
        await past
        reader = Reader(settings.store_uri, settings.secret("store_token"))
        await asyncio.to_thread(_wait_for, reader)
        mine = await asyncio.to_thread(settle, reader.query, ledger.accepted, 120)
        await _until_caught_up(settings, reader)
        kafkas = await reconcile_with_topics(settings.kafka, reader.query)
        rows = int(reader.query("select count(*) as n from checkins")["n"][0])
    print(f"killed {kills} times: {mine}")
    assert mine.lost == 0
    assert mine.accepted > 200
    assert (kafkas.accepted, kafkas.lost) == (mine.accepted, 0)
    assert rows == mine.stored
    report = await rebuild(settings)
    assert report.same, str(report)


async def _until_caught_up(settings: Settings, reader: Reader) -> None:
    """Until the worker has committed all that it hears, and the store has all that the worker said."""
    end = time.monotonic() + 120
    while await lag(settings.kafka, "wellstream", (MESSAGES, CHECKINS, PROMPTS)):
        assert time.monotonic() < end, "the worker did not catch up"
        await asyncio.sleep(0.5)
    said = await _said(settings)
    sql = "select sum(next_offset) as n from offsets where topic = :topic"
    while int(reader.query(sql, topic=INDICATORS.name)["n"][0]) < said:
        assert time.monotonic() < end, "the store did not catch up"
        await asyncio.sleep(0.5)


async def _said(settings: Settings) -> int:
    async with TopicReader(settings.kafka, {}, (INDICATORS,)) as reader:
        return sum((await reader.ends()).values())


def _wait_for(reader: Reader) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            reader.query("select 1")
        except (StoreUnavailable, NotAllowed):
            time.sleep(0.2)
        else:
            return
