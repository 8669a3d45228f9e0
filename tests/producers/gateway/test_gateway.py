"""Text and form through the public app: looking changes nothing, and each submission counts once, in time."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher
from producers.sms.providers.registry import Registry
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
class Gateway:
    """A application behind a proxy: what it is asked for is not what the world asks for."""

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
async def gateway(
    broker: str, settings: Settings, study: Study, vault: Vault, person: Person
) -> AsyncIterator[Gateway]:
    publisher = Publisher(broker)
    settings = settings.model_copy(update={"kafka": broker, "public_url": PUBLIC})
    registry = Registry({"twilio": TWILIO.adapter()})
    found: Gateway
    application = build_gateway(
        settings, {study.ref: study}, registry, vault, publisher, lambda: found.clock()
    )
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8080") as client:
        found = Gateway(client, vault, person, broker)
        yield found
    await publisher.close()


async def test_a_signature_is_over_the_public_address_also_behind_a_proxy(gateway: Gateway) -> None:
    assert await gateway.text("7 3 5", f"P-{gateway.person.participant}") == 200


async def test_the_same_words_in_two_texts_are_two_texts(gateway: Gateway) -> None:
    for name in ("one", "two", "two"):
        assert await gateway.text("7 3 5", f"{name}-{gateway.person.participant}") == 200
    found = await on_topic(gateway.broker, MESSAGES, MessageReceived, gateway.person.participant)
    assert len(found) == len({one.event_id for one in found}) == 2


async def test_looking_at_a_link_does_nothing(gateway: Gateway) -> None:
    link = await gateway.link(event_id("prompt", gateway.person.participant))
    for method in ("GET", "HEAD", "GET"):
        assert (await gateway.client.request(method, link)).status_code == 200
    assert await gateway.checkins() == []
    assert (await gateway.client.post(link, data=ANSWERS)).status_code == 200
    assert len(await gateway.checkins()) == 1


async def test_two_at_once_and_a_reminder_s_link_make_one_check_in(gateway: Gateway) -> None:
    prompt = event_id("prompt", gateway.person.participant)
    first, reminder = await gateway.link(prompt), await gateway.link(prompt)
    answers = await asyncio.gather(*(gateway.client.post(first, data=ANSWERS) for _ in range(4)))
    assert {one.status_code for one in answers} == {200}
    later = await gateway.client.get(reminder)
    assert "<form" not in later.text
    assert (await gateway.client.post(reminder, data=ANSWERS | {"mood": "2"})).status_code == 200
    (checkin,) = await gateway.checkins()
    assert checkin.answers == {"mood": 6, "stress": 0, "handled": 5}
    assert checkin.prompt_id == prompt


async def test_a_form_is_one_event_with_its_times(gateway: Gateway) -> None:
    link = await gateway.link(event_id("prompt", gateway.person.participant))
    at = gateway.clock()
    times = {"OpenedAt": at - timedelta(seconds=50), "StartedAt": at - timedelta(seconds=20)}
    given = ANSWERS | {name: moment.isoformat() for name, moment in times.items()}
    assert (await gateway.client.post(link, data=given)).status_code == 200
    (checkin,) = await gateway.checkins()
    assert len(checkin.answers) == len(ANSWERS)
    assert checkin.opened_at is not None
    assert checkin.started_at is not None
    assert (checkin.started_at - checkin.opened_at, checkin.occurred_at >= at) == (
        timedelta(seconds=30),
        True,
    )


async def test_after_its_time_a_prompt_cannot_be_answered(gateway: Gateway) -> None:
    link = await gateway.link(event_id("prompt", gateway.person.participant))
    gateway.ahead = timedelta(hours=1)
    assert (await gateway.client.get(link)).status_code == 410
    assert (await gateway.client.post(link, data=ANSWERS)).status_code == 410
    assert await gateway.checkins() == []


async def test_a_standing_link_is_open_before_any_prompt(gateway: Gateway) -> None:
    link = await gateway.link(None, hours=1000)
    for _ in range(2):
        page = await gateway.client.get(link)
        name = re.search(r'name="?submission_id"? value="([^"]+)"', page.text)
        assert name
        answer = await gateway.client.post(link, data=ANSWERS | {"submission_id": name[1]})
        assert answer.status_code == 200
    assert len(await gateway.checkins()) == 2
