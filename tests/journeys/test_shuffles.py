"""The reference's event log through a real broker and worker, in order and in fifty shuffles: one end."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from producers.imports.events import events_of
from producers.imports.mapping import load_mapping
from producers.imports.rows import read_rows
from producers.kafka.publisher import Publisher
from producers.kafka.studies import announce
from schemas.codec import decode, encode
from schemas.events import CheckInSubmitted, IndicatorsUpdated, PromptSent
from schemas.identity import event_id, pseudonym_from
from schemas.study.file import load_study
from schemas.study.versions import Versions
from schemas.topics import CHECKINS, INDICATORS, PROMPTS
from streams.indicators.update import TimelineEvent, batch
from streams.kafka.topic_reader import TopicReader
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics, lag

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(600)]
GOLDEN = Path(__file__).parents[1] / "golden"
STUDY = load_study(GOLDEN / "study.yaml")
LOG = [json.loads(line) for line in (GOLDEN / "event_log.jsonl").read_text().splitlines()]
SHUFFLES = 50
ROWS = read_rows(GOLDEN / "checkins.csv", STUDY, load_mapping(GOLDEN / "map.yaml", STUDY))
ASKED = [event for event in events_of(ROWS, STUDY) if isinstance(event, PromptSent)]


def name_of(run: int, name: str) -> UUID:
    """The id, in one run, of what the reference names."""
    return event_id("shuffle", str(run), name)


def record(run: int) -> list[TimelineEvent]:
    """The prompts and the log, with participants of their own for each run."""
    prompts = [
        prompt.model_copy(
            update={
                "event_id": name_of(run, f"{row.person}-{prompt.study_day:02d}-{prompt.beep}"),
                "participant": pseudonym_from("shuffle", str(run), row.person),
            }
        )
        for row, prompt in zip(ROWS, ASKED, strict=True)
    ]
    return [*prompts, *(checkin(run, entry) for entry in LOG)]


def checkin(run: int, entry: dict[str, Any]) -> CheckInSubmitted:
    first = f"{entry['prompt_id']}-v1"
    return CheckInSubmitted.model_validate(
        {
            "event_id": name_of(run, entry["event_id"]),
            "version": entry["version"],
            "corrects": name_of(run, first) if entry["version"] > 1 else None,
            "study": STUDY.ref,
            "participant": pseudonym_from("shuffle", str(run), entry["participant"]),
            "occurred_at": entry["event_time"],
            "recorded_at": entry["event_time"],
            "zone": "Europe/Berlin",
            "channel": "import",
            "language": "en",
            "prompt_id": name_of(run, entry["prompt_id"]),
            "answers": {item: value for item, value in entry["values"].items() if value != []},
        }
    )


def names(run: int) -> list[str]:
    """Whoever and whatever checked in, in the order of the log."""
    answered = [event for event in record(run) if isinstance(event, CheckInSubmitted)]
    return [name for event in answered for name in (event.participant, str(event.checkin))]


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
    async with TopicReader(bootstrap, {}, (INDICATORS,)) as reader:
        ends = await reader.ends()
        while any(reader.expected.get(place, 0) < end for place, end in ends.items()):
            for record_ in await reader.next(500):
                update = decode(record_.value)
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
                events = record(run)
                if run:
                    random.Random(run).shuffle(events)
                await send(bootstrap, events)
            while await lag(bootstrap, "wellstream", (CHECKINS, PROMPTS)):
                await asyncio.sleep(0.5)
        found = await settled(bootstrap)
    first, expected = names(0), list(batch(record(0), Versions([STUDY])))
    assert len(expected) == 650
    for run in range(SHUFFLES + 1):
        there = dict(zip(first, names(run), strict=True))
        for update in (renamed(update, there) for update in expected):
            assert found[update.event_id] == update, f"run {run}"
    assert len(found) == 650 * (SHUFFLES + 1)
