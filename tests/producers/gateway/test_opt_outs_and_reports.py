"""Opt-outs that a provider honoured itself, and reports that come early, out of order or from elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher
from producers.sms.providers.base import RawRequest
from producers.sms.providers.registry import Registry
from producers.vault import Dispatch, Person, Vault
from schemas.base import Channel
from schemas.clock import now
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    DeliveryReported,
    DeliveryStatus,
    MessageReceived,
    PromptClosed,
    PromptRequested,
    PromptSent,
)
from schemas.identity import event_id
from schemas.sealing import unseal
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import DELIVERY_REPORTS, MESSAGES, PROMPTS
from tests.producers.conftest import NUMBER, locked
from tests.producers.sms.providers.kits import KITS, PUBLIC, HttpKit, TwilioKit
from tests.producers.topics import on_topic

pytestmark = pytest.mark.kafka
TWILIO = TwilioKit()
AT = next(kit for kit in KITS if isinstance(kit, HttpKit) and kit.name == "africastalking")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Gateway:
    """A application with Twilio and Africa's Talking."""

    client: httpx.AsyncClient
    vault: Vault
    person: Person
    broker: str

    async def deliver(self, request: RawRequest) -> int:
        headers = dict(request.headers) | FORM
        return (await self.client.post(request.url, content=request.body, headers=headers)).status_code

    async def heard(self, name: str, body: str, honoured: str, **headers: str) -> None:
        fields = {"MessageSid": f"{name}-{self.person.participant}", "From": NUMBER, "Body": body}
        request = TWILIO.signed_fields(fields | {"OptOutType": honoured})
        sent = dict(request.headers) | FORM | headers
        assert (await self.client.post(request.url, content=request.body, headers=sent)).status_code == 200

    async def words(self) -> list[str]:
        found = await on_topic(self.broker, MESSAGES, MessageReceived, self.person.participant)
        key = await self.vault.keys.get(self.person.participant)
        assert key is not None
        place = {"topic": MESSAGES.name, "participant": self.person.participant}
        return [unseal(key, one.text, event_id=one.event_id, **place) for one in found]

    async def claimed(self, provider: str, provider_id: str = "") -> Dispatch:
        who, at = self.person, now()
        prompt = PromptRequested(
            event_id=event_id("ask", who.participant), study=who.study, participant=who.participant,
            occurred_at=at, recorded_at=at, zone=who.zone, language=who.language, channel=Channel.SMS,
            prompt_id=event_id("prompt", who.participant), scheduled_at=at,
            expires_at=at + timedelta(hours=1), study_day=1, beep=1,
        )  # fmt: skip
        claim = Dispatch(
            text=prompt.event_id, participant=who.participant, provider=provider, claimed_at=at, segments=1,
            request=prompt.model_dump_json(exclude_none=True), provider_id=provider_id,
        )  # fmt: skip
        assert await self.vault.dispatches.claim(claim) is None
        return claim

    async def reported(self) -> list[DeliveryStatus]:
        found = await on_topic(self.broker, DELIVERY_REPORTS, DeliveryReported, self.person.participant)
        return [one.delivery for one in found]


@pytest.fixture
async def gateway(broker: str, settings: Settings, study: Study, person: Person) -> AsyncIterator[Gateway]:
    vault = await Vault.open(settings.vault_path, settings.secret("vault_key"), busy_seconds=0.3)
    publisher = Publisher(broker)
    settings = settings.model_copy(update={"kafka": broker, "public_url": PUBLIC})
    registry = Registry({"twilio": TWILIO.adapter(), "africastalking": AT.adapter()})
    application = build_gateway(settings, {study.ref: study}, registry, vault, publisher, now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=PUBLIC) as client:
        yield Gateway(client, vault, person, broker)
    await publisher.close()
    await vault.close()


async def test_a_stop_that_the_provider_honoured_is_one_in_any_wording(gateway: Gateway) -> None:
    await gateway.heard("one", "Basta", "STOP")
    assert await gateway.words() == ["STOP"]


async def test_yes_is_an_answer_unless_contact_had_stopped(gateway: Gateway) -> None:
    await gateway.heard("one", "YES", "START")
    assert await gateway.words() == ["YES"]
    stopped = ConsentChanged(
        **gateway.person.envelope(event_id("test", "stop"), now(), now()),
        status=ConsentStatus.CONTACT_STOPPED,
        text_version="1",
    )
    await gateway.vault.directory.record_consent(stopped)
    await gateway.heard("two", "YES", "START")
    assert await gateway.words() == ["YES", "START"]


async def test_a_call_for_help_stays_as_it_was_written(gateway: Gateway) -> None:
    await gateway.heard("one", "SOS", "HELP")
    assert await gateway.words() == ["SOS"]


async def test_twilios_retries_are_one_text(gateway: Gateway) -> None:
    for attempt in range(3):
        token = {"I-Twilio-Idempotency-Token": f"token-{attempt}"}
        await gateway.heard("one", "7 3 5", "", **token)
    assert await gateway.words() == ["7 3 5"]


async def test_a_report_before_the_providers_answer_waits_for_it(gateway: Gateway) -> None:
    claim = await gateway.claimed("africastalking")
    fields = {"id": f"AT-{gateway.person.participant}", "status": "Success"}
    early = asyncio.create_task(gateway.deliver(AT.request(fields)))
    await asyncio.sleep(0.2)
    named = claim.model_copy(update={"provider_id": fields["id"], "delivery": DeliveryStatus.ACCEPTED})
    await gateway.vault.dispatches.settle(named)
    assert await early == 200
    assert await gateway.reported() == ["delivered"]


async def test_a_report_with_our_id_does_not_wait_for_the_answer(gateway: Gateway) -> None:
    claim = await gateway.claimed("twilio")
    assert await gateway.deliver(TWILIO.delivery_report(claim.text, DeliveryStatus.DELIVERED, "SM1")) == 200
    assert await gateway.reported() == ["delivered"]
    (sent,) = await on_topic(gateway.broker, PROMPTS, PromptSent, gateway.person.participant)
    assert sent.occurred_at == claim.claimed_at


async def test_delivered_after_failed_reports_both_and_the_prompt_was_sent(gateway: Gateway) -> None:
    claim = await gateway.claimed("twilio", "SM1")
    for delivery in (DeliveryStatus.FAILED, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED):
        assert await gateway.deliver(TWILIO.delivery_report(claim.text, delivery, "SM1")) == 200
    assert await gateway.reported() == ["failed", "delivered"]
    assert len(await on_topic(gateway.broker, PROMPTS, PromptSent, gateway.person.participant)) == 1
    assert len(await on_topic(gateway.broker, PROMPTS, PromptClosed, gateway.person.participant)) == 1


async def test_no_provider_reports_on_anothers_text(gateway: Gateway) -> None:
    claim = await gateway.claimed("twilio", "SM1")
    assert await gateway.deliver(AT.delivery_report(claim.text, DeliveryStatus.FAILED, "SM1")) == 200
    assert await gateway.reported() == []


async def test_while_the_vault_is_locked_the_provider_is_asked_to_come_back(
    gateway: Gateway, settings: Settings
) -> None:
    text = TWILIO.text(NUMBER, "7 3 5", f"M-{gateway.person.participant}")
    with locked(settings):
        assert await gateway.deliver(text) == 503
    assert await gateway.deliver(text) == 200
    assert await gateway.words() == ["7 3 5"]
