"""Every provider's webhook, from the signed request to Kafka: once, or refused, and nothing in a log."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher
from producers.sms.providers.base import RawRequest
from producers.sms.providers.registry import Registry
from producers.vault import Dispatch, Person, Vault
from schemas.base import Channel
from schemas.clock import now
from schemas.events import DeliveryReported, DeliveryStatus, MessageReceived, PromptRequested, PromptSent
from schemas.identity import event_id
from schemas.sealing import unseal
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import DELIVERY_REPORTS, MESSAGES, PROMPTS
from tests.producers.conftest import NUMBER
from tests.producers.sms.providers.kits import KITS, PUBLIC, Kit, kit_name
from tests.producers.topics import on_topic

pytestmark = pytest.mark.kafka
WORDS = "مزاج ٧ 😀 & 3+5 " + "long " * 60


@dataclass
class Gateway:
    """A application with one provider."""

    kit: Kit
    client: httpx.AsyncClient
    vault: Vault
    person: Person

    async def deliver(self, request: RawRequest) -> httpx.Response:
        secret = f"/{request.secret}" if request.secret else ""
        query = request.url.partition("?")[2]
        url = f"{PUBLIC}/sms/{self.kit.name}{secret}" + (f"?{query}" if query else "")
        headers = dict(request.headers)
        if not request.body:
            return await self.client.get(url, headers=headers)
        kind = "json" if request.body.startswith(b"{") else "x-www-form-urlencoded"
        return await self.client.post(
            url, content=request.body, headers=headers | {"content-type": f"application/{kind}"}
        )


@pytest.fixture(params=KITS, ids=kit_name)
async def gateway(
    request: pytest.FixtureRequest,
    broker: str,
    settings: Settings,
    study: Study,
    vault: Vault,
    person: Person,
) -> AsyncIterator[Gateway]:
    publisher = Publisher(broker)
    settings = settings.model_copy(update={"kafka": broker, "public_url": PUBLIC})
    registry = Registry({request.param.name: request.param.adapter()})
    application = build_gateway(settings, {study.ref: study}, registry, vault, publisher, now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=PUBLIC) as client:
        yield Gateway(request.param, client, vault, person)
    await publisher.close()


async def test_a_text_lands_once_however_often_it_comes(
    gateway: Gateway, broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"M-{gateway.person.participant}"
    with caplog.at_level(logging.DEBUG, "producers"):
        answers = [await gateway.deliver(gateway.kit.text(NUMBER, WORDS, name)) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert "<Message>" not in answers[0].text
    found = await on_topic(broker, MESSAGES, MessageReceived, gateway.person.participant)
    assert {one.event_id for one in found} == {event_id(gateway.kit.name, name)}
    assert len(found) == 1
    key = await gateway.vault.keys.get(gateway.person.participant)
    assert key is not None
    words = unseal(
        key,
        found[0].text,
        topic=MESSAGES.name,
        participant=found[0].participant,
        event_id=found[0].event_id,
    )
    assert words == WORDS
    assert "7700900" not in caplog.text
    assert "long" not in caplog.text


async def test_what_is_not_authentic_leaves_nothing(gateway: Gateway, broker: str) -> None:
    good = gateway.kit.text(NUMBER, "7 3 5", "M2")
    wrong = {header: "00" + value[2:] for header, value in good.headers.items()}
    for bad in (
        replace(good, headers={}, secret="x" * 20),
        replace(good, headers=wrong, secret=good.secret[:-1]),
    ):
        assert (await gateway.deliver(bad)).status_code == 403
    assert (await gateway.deliver(gateway.kit.unreadable())).status_code == 400
    assert not await on_topic(broker, MESSAGES, MessageReceived, gateway.person.participant)


async def test_a_strangers_text_leaves_nothing(gateway: Gateway, broker: str) -> None:
    answer = await gateway.deliver(gateway.kit.text("+447700900999", "hello", "M3"))
    assert answer.status_code == 200
    assert not await on_topic(broker, MESSAGES, MessageReceived, gateway.person.participant)


async def test_delivery_reports_in_any_order_are_each_published_once(gateway: Gateway, broker: str) -> None:
    if not gateway.kit.sends:
        pytest.skip("this provider sends no delivery reports")
    who, at = gateway.person, now()
    prompt = PromptRequested(
        event_id=event_id("ask", who.participant), study=who.study, participant=who.participant,
        occurred_at=at, recorded_at=at, zone=who.zone, language=who.language, channel=Channel.SMS,
        prompt_id=event_id("prompt", gateway.kit.name, who.participant), scheduled_at=at,
        expires_at=at.replace(year=2099), study_day=1, beep=1,
    )  # fmt: skip
    claim = Dispatch(
        text=prompt.event_id, participant=who.participant, request=prompt.model_dump_json(exclude_none=True),
        provider=gateway.kit.name, claimed_at=at, segments=1,
    )  # fmt: skip
    assert await gateway.vault.dispatches.claim(claim) is None
    for delivery in (
        DeliveryStatus.DELIVERED,
        DeliveryStatus.SENT,
        DeliveryStatus.DELIVERED,
        DeliveryStatus.SENT,
    ):
        report = gateway.kit.delivery_report(prompt.event_id, delivery, "M4")
        assert (await gateway.deliver(report)).status_code == 200
    reports = await on_topic(broker, DELIVERY_REPORTS, DeliveryReported, who.participant)
    assert [one.delivery for one in reports] == ["delivered", "sent"]
    (sent,) = await on_topic(broker, PROMPTS, PromptSent, who.participant)
    assert sent.event_id == prompt.prompt_id
    assert sent.occurred_at == claim.claimed_at
