"""Poison records: the worker and the store quarantine them with a reason and go on."""

import json

import pytest

from producers.kafka.publisher import Publisher
from schemas.base import Channel
from schemas.clock import now
from schemas.codec import encode
from schemas.events import CheckInSubmitted, Window
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topics import CHECKINS, MESSAGES, PROMPTS
from streams.store.client import Reader
from tests.conftest import DEMO
from tests.journeys.people import count, person, text, until

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(180)]


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
