"""Poison records: the worker and the store quarantine them with a reason and go on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from producers.kafka.publisher import Publisher
from schemas.base import Channel
from schemas.clock import now
from schemas.codec import encode
from schemas.events import CheckInSubmitted, Window
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topics import CHECKINS, DEAD_LETTERS, MESSAGES, PROMPTS, TEXTS
from streams.store.client import Reader
from streams.store.ingest import STORED
from tests.conftest import DEMO
from tests.journeys.people import count, person, text, until

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(180)]


def listed(home: Path) -> list[dict[str, Any]]:
    services: list[dict[str, Any]] = json.loads((home / "services.json").read_text())["services"]
    return services


def check_in(participant: str, cause: str) -> CheckInSubmitted:
    return CheckInSubmitted(
        event_id=event_id("poison", participant, cause),
        study=load_study(DEMO).ref,
        participant=participant,
        occurred_at=now(),
        recorded_at=now(),
        zone="Europe/Brussels",
        channel=Channel.WEB,
        language="en",
        answers={"mood": 5},
    )


POISONED = (*(topic for topic in STORED if topic is not DEAD_LETTERS), TEXTS)
LARGE = b"\xff" * 1_040_000  # as large as a record can be, and more than a dead letter holds
FAR_OFF = b'"occurred_at":"0001-01-01T00:00:00+23:59"'


async def test_poison_on_every_topic_stops_nothing(system: Settings, reader: Reader) -> None:
    """Deep nesting, a time before the first year, and a record of the largest size: one dead letter each."""
    participant = person(system, "+447700900022")
    real = encode(check_in(participant, "far off"))
    early = re.sub(rb'"occurred_at":"[^"]*"', FAR_OFF, real)
    pids = {service["name"]: service["pid"] for service in listed(system.home)}
    publisher = Publisher(system.kafka, limit=30)
    for topic in (*POISONED, DEAD_LETTERS):
        for value in (b"[" * 1000, early, LARGE):
            await publisher.put(topic.name, b"poison", value)
    # In the same partition as what a person sends, so that neither may be passed over.
    await publisher.put(MESSAGES.name, participant.encode(), LARGE)
    await publisher.put(CHECKINS.name, participant.encode(), LARGE)
    await publisher.publish(check_in(participant, "among poison"))
    await publisher.close()
    assert text(system, "+447700900022", "7 3 5", "SM-among-poison").status_code == 200
    until(lambda: count(reader, "checkins where participant = :p", p=participant) == 2)
    letters = "dead_letters where topic = :t and reason in ('unreadable', 'invalid')"
    for topic in POISONED:
        wanted = 3 + (topic in (MESSAGES, CHECKINS))
        # Those of the other tests lie there, too.
        until(lambda: count(reader, letters, t=topic.name) >= wanted)  # noqa: B023
    means = "indicators where participant = :p and indicator = 'mean' and scale = 'valence'"
    until(lambda: count(reader, means, p=participant) == 2 * len(Window))
    assert {service["name"]: service["pid"] for service in listed(system.home)} == pids


async def test_poison_stops_neither_worker_nor_store(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900021")
    publisher, key = Publisher(system.kafka), participant.encode()
    misplaced, good = check_in(participant, "misplaced"), check_in(participant, "good")
    newer = json.loads(encode(check_in(participant, "newer")))
    await publisher.put(MESSAGES.name, key, b"\xff\xfe no event")
    # No branch of the worker expects a check-in here: an exception inside a real Faust agent.
    await publisher.put(MESSAGES.name, key, encode(misplaced))
    await publisher.put(CHECKINS.name, key, json.dumps(newer | {"schema_version": 2}).encode())
    await publisher.put(CHECKINS.name, key, json.dumps(newer | {"mood_of_the_day": 1}).encode())
    await publisher.put(PROMPTS.name, key, json.dumps(newer | {"type": "prompt.dreamt"}).encode())
    await publisher.publish(good)
    await publisher.close()
    assert text(system, "+447700900021", "7 3 5", "SM-after-poison").status_code == 200
    means = "indicators where participant = :p and indicator = 'mean' and scale = 'valence'"
    until(lambda: count(reader, means, p=participant) == 2 * len(Window))
    wanted = {"unreadable", "unexpected", "unknown_version", "unknown_field", "unknown_type"}
    until(lambda: wanted <= set(reader.query("select distinct reason from dead_letters")["reason"]))
    found = reader.query("select detail, cause from dead_letters where reason = 'unexpected'")
    assert list(found["detail"]) == [
        "checkin.submitted does not belong on any of inbound.messages.v1, prompts.v1"
    ]
    assert list(found["cause"]) == [str(misplaced.event_id)]
