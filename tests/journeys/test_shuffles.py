"""The reference's event log through a real broker and worker, in order and shuffled: one end.

Fifty shuffles go through the pure functions in tests/streams/indicators/test_event_log.py; these few show
that the worker's batches, tables and sends change nothing.
"""

import asyncio
import random
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from producers.kafka.publisher import Publisher
from producers.kafka.studies import announce
from schemas.codec import decode, encode
from schemas.events import IndicatorsUpdated, PromptSent
from schemas.identity import event_id
from schemas.study.versions import Versions
from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS, INDICATORS, PROMPTS
from streams.indicators.update import TimelineEvent, batch
from tests.conftest import DEMO
from tests.golden.event_log import STUDY, event_log, names
from tests.journeys.conftest import with_free_ports
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics, lag

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(600)]
SHUFFLES = 3


async def send(bootstrap: str, events: list[TimelineEvent]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    async with producer:
        for event in events:
            topic = PROMPTS if isinstance(event, PromptSent) else CHECKINS
            await producer.send(topic.name, encode(event), key=event.participant.encode())
        await producer.flush()


async def settled(bootstrap: str) -> dict[UUID, IndicatorsUpdated]:
    """The update of highest revision for each check-in, as the store keeps them."""
    found: dict[UUID, IndicatorsUpdated] = {}
    async for record in read_to_end(bootstrap, (INDICATORS,)):
        update = decode(record.value)
        assert isinstance(update, IndicatorsUpdated)
        if update.revision >= getattr(found.get(update.event_id), "revision", 0):
            found[update.event_id] = update
    return found


def renamed(update: IndicatorsUpdated, there: dict[str, str]) -> IndicatorsUpdated:
    """An update of the first run, with the names of another one."""
    checkin = UUID(there[str(update.checkin)])
    fresh = {"checkin": checkin, "event_id": event_id("indicators", str(checkin))}
    return update.model_copy(update={"participant": there[update.participant], **fresh})


async def test_every_order_ends_in_the_same_values(tmp_path: Path) -> None:
    with local_kafka(tmp_path / "kafka") as bootstrap:
        await create_topics(bootstrap)
        publisher = Publisher(bootstrap)
        await announce(STUDY, bootstrap, publisher, {})
        await publisher.close()
        settings = with_free_ports(local_settings(tmp_path, DEMO, bootstrap, simulation=False))
        wanted = [service for service in services(settings) if service.name == "worker"]
        with Supervisor(settings.home, wanted):
            for run in range(SHUFFLES + 1):
                events = event_log(run)
                if run:
                    random.Random(run).shuffle(events)
                await send(bootstrap, events)
            while await lag(bootstrap, "wellstream", (CHECKINS, PROMPTS)):
                await asyncio.sleep(0.5)
        found = await settled(bootstrap)
    first, expected = names(0), list(batch(event_log(0), Versions([STUDY])))
    assert len(expected) == 650
    for run in range(SHUFFLES + 1):
        there = dict(zip(first, names(run), strict=True))
        for update in (renamed(update, there) for update in expected):
            assert found[update.event_id] == update, f"run {run}"
    assert len(found) == 650 * (SHUFFLES + 1)
