"""The two doors, text and form: looking does nothing, what is sent counts once, and only in time."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka.publisher import Publisher
from producers.sms.providers.base import Registry
from producers.vault import NewLink, Person, Vault
from schemas.clock import now
from schemas.events import CheckInSubmitted, MessageReceived
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CHECKINS, MESSAGES
from tests.producers.conftest import NUMBER
from tests.producers.sms.providers.kits import PUBLIC, TwilioKit
from tests.producers.topics import on_topic

pytestmark = pytest.mark.kafka
ANSWERS = {"mood": "6", "stress": "0", "handled": "5"}
TWILIO = TwilioKit()


@dataclass
class Door:
    """A gateway behind a proxy: what it is asked for is not what the world asks for."""

    client: httpx.AsyncClient
    vault: Vault
    person: Person
    broker: str
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return now() + self.ahead

    async def link(self, prompt: UUID | None, hours: int = 1) -> str:
        expires_at = self.clock() + timedelta(hours=hours)
        wanted = NewLink(participant=self.person.participant, prompt_id=prompt, expires_at=expires_at)
        return f"/c/{(await self.vault.links.create([wanted]))[0]}"

    async def text(self, words: str, name: str) -> int:
        request = TWILIO.text(NUMBER, words, name)
        headers = dict(request.headers) | {"content-type": "application/x-www-form-urlencoded"}
        return (await self.client.post("/sms/twilio", content=request.body, headers=headers)).status_code

    async def checkins(self) -> list[CheckInSubmitted]:
        return await on_topic(self.broker, CHECKINS, CheckInSubmitted, self.person.participant)


@pytest.fixture
async def door(
    broker: str, settings: Settings, study: Study, vault: Vault, person: Person
) -> AsyncIterator[Door]:
    publisher = Publisher(broker)
    settings = settings.model_copy(update={"kafka": broker, "public_url": PUBLIC})
    registry = Registry({"twilio": TWILIO.adapter()})
    found: Door
    gateway = build_gateway(settings, {study.ref: study}, registry, vault, publisher, lambda: found.clock())
    transport = httpx.ASGITransport(gateway)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8080") as client:
        found = Door(client, vault, person, broker)
        yield found
    await publisher.close()


async def test_a_signature_is_over_the_public_address_also_behind_a_proxy(door: Door) -> None:
    assert await door.text("7 3 5", f"P-{door.person.participant}") == 200


async def test_the_same_words_in_two_texts_are_two_texts(door: Door) -> None:
    for name in ("one", "two", "two"):
        assert await door.text("7 3 5", f"{name}-{door.person.participant}") == 200
    found = await on_topic(door.broker, MESSAGES, MessageReceived, door.person.participant)
    assert len(found) == len({one.event_id for one in found}) == 2


async def test_looking_at_a_link_does_nothing(door: Door) -> None:
    link = await door.link(event_id("prompt", door.person.participant))
    for method in ("GET", "HEAD", "GET"):
        assert (await door.client.request(method, link)).status_code == 200
    assert await door.checkins() == []
    assert (await door.client.post(link, data=ANSWERS)).status_code == 200
    assert len(await door.checkins()) == 1


async def test_two_at_once_and_a_reminder_s_link_make_one_check_in(door: Door) -> None:
    prompt = event_id("prompt", door.person.participant)
    first, reminder = await door.link(prompt), await door.link(prompt)
    answers = await asyncio.gather(*(door.client.post(first, data=ANSWERS) for _ in range(4)))
    assert {one.status_code for one in answers} == {200}
    later = await door.client.get(reminder)
    assert "<form" not in later.text
    assert (await door.client.post(reminder, data=ANSWERS | {"mood": "2"})).status_code == 200
    (checkin,) = await door.checkins()
    assert checkin.answers == {"mood": 6, "stress": 0, "handled": 5}
    assert checkin.prompt_id == prompt


async def test_a_form_is_one_event_with_its_times(door: Door) -> None:
    link = await door.link(event_id("prompt", door.person.participant))
    at = door.clock()
    times = {"OpenedAt": at - timedelta(seconds=50), "StartedAt": at - timedelta(seconds=20)}
    given = ANSWERS | {name: moment.isoformat() for name, moment in times.items()}
    assert (await door.client.post(link, data=given)).status_code == 200
    (checkin,) = await door.checkins()
    assert len(checkin.answers) == len(ANSWERS)
    assert checkin.opened_at is not None
    assert checkin.started_at is not None
    assert (checkin.started_at - checkin.opened_at, checkin.occurred_at >= at) == (
        timedelta(seconds=30),
        True,
    )


async def test_after_its_time_a_prompt_cannot_be_answered(door: Door) -> None:
    link = await door.link(event_id("prompt", door.person.participant))
    door.ahead = timedelta(hours=1)
    assert (await door.client.get(link)).status_code == 410
    assert (await door.client.post(link, data=ANSWERS)).status_code == 410
    assert await door.checkins() == []


async def test_a_standing_link_is_open_before_any_prompt(door: Door) -> None:
    link = await door.link(None, hours=1000)
    for _ in range(2):
        page = await door.client.get(link)
        name = re.search(r'name="?submission_id"? value="([^"]+)"', page.text)
        assert name
        answer = await door.client.post(link, data=ANSWERS | {"submission_id": name[1]})
        assert answer.status_code == 200
    assert len(await door.checkins()) == 2
