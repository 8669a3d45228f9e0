"""A text goes to its person at most once, in their language, and only if it may."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka.publisher import Publisher, PublishFailed
from producers.sms.dispatcher import Sender
from producers.sms.providers.base import Registry
from producers.vault import Enrolment, Person, Vault
from schemas.base import Channel
from schemas.clock import now
from schemas.codec import encode
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    DeadLetter,
    Delivery,
    DeliveryReported,
    Envelope,
    LanguageChosen,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
)
from schemas.identity import event_id, new_pseudonym
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CONSENTS, DEAD_LETTERS, DELIVERY_REPORTS, PARTICIPANTS, PROMPTS, TEXTS, Topic
from tests.producers.sms.providers.kits import Answer, Carrier, Took, TwilioKit, carrier
from tests.producers.topics import on_topic

pytestmark = pytest.mark.kafka
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
NUMBER = "+447700900123"
TWILIO = TwilioKit()


@dataclass
class Desk:
    """A sender with everything real but the provider, and a clock that is set by hand."""

    settings: Settings
    study: Study
    vault: Vault
    publisher: Publisher
    provider: Carrier
    person: Person
    answers: list[Answer] = field(default_factory=list)
    at: datetime = NOON

    def __post_init__(self) -> None:
        self.adapter = TWILIO.adapter(self.provider.url)
        self.provider.answer = self.answer

    def answer(self, _: Took) -> Answer:
        return self.answers.pop(0) if self.answers else TWILIO.accepted()

    @property
    def sender(self) -> Sender:
        """A new one, as after a restart."""
        studies = {self.study.ref: self.study}
        return Sender(self.settings, self.adapter, studies, self.vault, self.publisher, lambda: self.at)

    async def handle(
        self,
        *events: Envelope,
        topic: Topic = TEXTS,
        raw: bytes | None = None,
        sender: Sender | None = None,
    ) -> None:
        values = [encode(event) for event in events] if raw is None else [raw]
        records: Any = [
            SimpleNamespace(topic=topic.name, partition=0, offset=0, key=b"k", value=value)
            for value in values
        ]
        await (sender or self.sender).handle(records)

    @property
    def texts(self) -> list[str]:
        return [TWILIO.words_sent(took) for took in self.provider.took]

    def envelope(self, *cause: str) -> dict[str, Any]:
        return {
            "event_id": event_id("test", self.person.participant, *cause), "study": self.study.ref,
            "participant": self.person.participant, "occurred_at": self.at, "recorded_at": self.at,
            "zone": self.person.zone,
        }  # fmt: skip

    def reply(self, cause: str, name: str = "thanks", minutes: int = 15) -> ReplyRequested:
        return ReplyRequested(
            **self.envelope("reply", cause), cause=event_id("test", cause), language=self.person.language,
            reply=name, expires_at=self.at + timedelta(minutes=minutes),
        )  # fmt: skip

    def prompt(self, name: str, channel: Channel = Channel.SMS, attempt: int = 0) -> PromptRequested:
        return PromptRequested(
            **self.envelope("prompt", name, str(attempt)),
            prompt_id=event_id("test-prompt", self.person.participant, name), attempt=attempt,
            language=self.person.language, channel=channel, scheduled_at=self.at,
            expires_at=self.at + timedelta(minutes=90), study_day=1, beep=1,
        )  # fmt: skip

    def consent(self, status: ConsentStatus) -> ConsentChanged:
        return ConsentChanged(**self.envelope("consent", status.value), status=status, text_version="1")

    async def said(self, topic: Topic, kind: Any) -> list[Any]:
        return await on_topic(self.settings.kafka, topic, kind, self.person.participant)


@pytest.fixture
async def desk(broker: str, settings: Settings, study: Study, vault: Vault) -> AsyncIterator[Desk]:
    settings = settings.model_copy(
        update={"kafka": broker, "public_url": "https://study.example", "sms_segments_per_second": 1000.0}
    )
    enrolment = Enrolment(
        number=NUMBER, study=study.ref, arm="cbt", language="nl", zone="Europe/Brussels",
        start_date=NOON.date(), pseudonym=new_pseudonym(),
    )  # fmt: skip
    (person,) = await vault.directory.enrol([enrolment], NOON)
    await vault.directory.record_consent(person.participant, ConsentStatus.GRANTED, NOON - timedelta(days=1))
    publisher = Publisher(broker)
    with carrier(lambda _: Answer(500, "")) as provider:
        found = Desk(settings, study, vault, publisher, provider, person)
        yield found
        await found.adapter.close()
    await publisher.close()


async def test_each_reply_is_sent_once_in_the_persons_language(desk: Desk) -> None:
    first = desk.reply("first")
    await desk.handle(first, first, desk.reply("second", "not_understood"))
    await desk.handle(first)
    assert desk.texts == ["Dank u wel.", desk.study.texts["not_understood"]["nl"]]
    took = desk.provider.took[0]
    assert (took.fields["To"], took.fields["From"]) == (NUMBER, "+447700900999")


async def test_what_cannot_be_read_or_worded_is_a_dead_letter(desk: Desk) -> None:
    await desk.handle(desk.reply("odd", "no-such"), desk.reply("well"))
    await desk.handle(raw=b"poison")
    assert desk.texts == ["Dank u wel."]
    (letter,) = await desk.said(DEAD_LETTERS, DeadLetter)
    assert letter.reason == "invalid"


async def test_what_does_not_belong_among_the_texts_is_a_dead_letter(desk: Desk) -> None:
    report = DeliveryReported(
        **desk.envelope("misplaced"), text=event_id("test"), provider="twilio", delivery=Delivery.SENT
    )
    await desk.handle(report)
    (letter,) = await desk.said(DEAD_LETTERS, DeadLetter)
    assert (letter.reason, letter.cause) == ("unexpected", report.event_id)
    assert letter.detail.startswith("delivery.reported does not belong on any of ")


async def test_a_reply_that_comes_after_an_outage_is_not_sent(desk: Desk) -> None:
    late = desk.reply("late")
    desk.at += timedelta(minutes=15)
    await desk.handle(late)
    assert desk.texts == []
    assert [(one.delivery, one.code) for one in await desk.said(DELIVERY_REPORTS, DeliveryReported)] == [
        ("withheld", "expired")
    ]


async def test_a_prompt_is_recorded_as_sent_with_all_its_times(desk: Desk) -> None:
    prompt = desk.prompt("one")
    desk.at += timedelta(seconds=7)
    await desk.handle(prompt)
    (sent,) = await desk.said(PROMPTS, PromptSent)
    assert sent.event_id == prompt.prompt_id
    assert (sent.scheduled_at, sent.occurred_at) == (NOON, NOON + timedelta(seconds=7))
    (report,) = await desk.said(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.segments, report.provider) == ("accepted", 1, "twilio")
    assert desk.provider.took[0].fields["ValidityPeriod"] == str(90 * 60 - 7)
    assert "stemming" in desk.texts[0]


async def test_a_reminder_says_so_and_is_no_second_prompt(desk: Desk) -> None:
    await desk.handle(desk.prompt("one"), desk.prompt("one", attempt=1))
    assert [text.startswith("Herinnering:") for text in desk.texts] == [False, True]
    assert len(await desk.said(PROMPTS, PromptSent)) == 1


async def test_a_web_prompt_has_a_link_that_opens_it(desk: Desk) -> None:
    prompt = desk.prompt("web", Channel.WEB)
    await desk.handle(prompt)
    token = desk.texts[0].rpartition("/c/")[2]
    link = await desk.vault.links.find(token)
    assert link is not None
    assert (link.prompt_id, link.expires_at) == (prompt.prompt_id, prompt.expires_at)


async def test_a_reminder_has_the_link_of_its_prompt(desk: Desk) -> None:
    await desk.handle(desk.prompt("web", Channel.WEB), desk.prompt("web", Channel.WEB, attempt=1))
    await desk.handle(desk.prompt("another", Channel.WEB))
    first, again, another = (text.rpartition("/c/")[2] for text in desk.texts)
    assert first == again != another


async def test_nobody_is_texted_who_stopped_contact(desk: Desk) -> None:
    await desk.handle(desk.consent(ConsentStatus.CONTACT_STOPPED), topic=CONSENTS)
    await desk.handle(desk.prompt("one"), desk.reply("a"), desk.reply("b", "stopped"))
    assert desk.texts == ["U krijgt geen berichten meer van ons. Stuur START om ze weer te krijgen."]
    (closed,) = await desk.said(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("cancelled", "no_consent")
    desk.at += timedelta(seconds=1)
    await desk.handle(desk.consent(ConsentStatus.GRANTED), topic=CONSENTS)
    await desk.handle(desk.reply("c"))
    assert desk.texts[1:] == ["Dank u wel."]


async def test_an_older_consent_does_not_undo_a_newer_one(desk: Desk) -> None:
    granted = desk.consent(ConsentStatus.GRANTED)
    desk.at += timedelta(seconds=1)
    await desk.handle(desk.consent(ConsentStatus.CONTACT_STOPPED), granted, topic=CONSENTS)
    await desk.handle(desk.reply("a"))
    assert desk.texts == []


async def test_quiet_hours_hold_at_the_moment_of_sending(desk: Desk) -> None:
    desk.at = datetime(2026, 6, 1, 19, 29, tzinfo=UTC)  # 21:29 in Brussels, a minute before quiet
    prompt = desk.prompt("evening")
    desk.at += timedelta(minutes=2)
    await desk.handle(prompt, desk.reply("awake"))
    assert desk.texts == ["Dank u wel."]
    (closed,) = await desk.said(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("discarded", "quiet_hours")


async def test_the_budget_of_a_day_is_kept_and_renewed(desk: Desk) -> None:
    desk.study = desk.study.model_copy(
        update={"schedule": desk.study.schedule.model_copy(update={"max_segments_per_day": 2})}
    )
    await desk.handle(*(desk.reply(str(number)) for number in range(4)))
    await desk.handle(desk.reply("crisis", "crisis"))
    assert len(desk.texts) == 3
    reports = await desk.said(DELIVERY_REPORTS, DeliveryReported)
    assert [one.code for one in reports if one.delivery == "withheld"] == ["budget", "budget"]
    desk.at += timedelta(days=1)
    await desk.handle(desk.reply("tomorrow"))
    assert len(desk.texts) == 4


async def test_a_chosen_language_is_spoken(desk: Desk) -> None:
    chosen = LanguageChosen(**desk.envelope("language"), language="ar")
    await desk.handle(chosen, topic=PARTICIPANTS)
    person = await desk.vault.directory.find(desk.person.participant)
    assert person is not None
    assert person.language == "ar"


async def test_what_a_crash_interrupted_is_never_sent_again_and_a_receipt_tells(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prompt = desk.prompt("one")

    async def crash(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(desk.adapter, "send", crash)
        await desk.handle(prompt)
    await desk.handle(prompt)
    assert desk.texts == []
    assert [one.delivery for one in await desk.said(DELIVERY_REPORTS, DeliveryReported)] == ["unknown"]
    assert await desk.said(PROMPTS, PromptSent) == []
    with caplog.at_level(logging.DEBUG, "producers"):
        for delivery in (Delivery.DELIVERED, Delivery.SENT, Delivery.DELIVERED):
            assert await _receipt(desk, prompt.event_id, delivery) == 200
    assert [one.delivery for one in await desk.said(DELIVERY_REPORTS, DeliveryReported)] == [
        "unknown",
        "delivered",
        "sent",
    ]
    assert {one.event_id for one in await desk.said(PROMPTS, PromptSent)} == {prompt.prompt_id}
    assert "7700900" not in caplog.text


async def test_two_senders_at_once_send_one_text(desk: Desk) -> None:
    other = await Vault.open(desk.settings.vault_path, desk.settings.secret("vault_key"))
    studies = {desk.study.ref: desk.study}
    second = Sender(desk.settings, desk.adapter, studies, other, desk.publisher, lambda: desk.at)
    first = desk.prompt("one")
    asked = [first, desk.prompt("one", attempt=1), desk.reply("a")]
    await asyncio.gather(*(desk.handle(*asked, sender=one) for one in (desk.sender, second) * 3))
    await other.close()
    assert len(desk.texts) == 3
    assert {one.event_id for one in await desk.said(PROMPTS, PromptSent)} == {first.prompt_id}


async def test_an_outage_of_kafka_is_said_and_sends_nothing_again(desk: Desk) -> None:
    prompt, good = desk.prompt("one"), desk.publisher
    desk.publisher = Publisher("127.0.0.1:1", limit=0.2)
    with pytest.raises(PublishFailed):
        await desk.handle(prompt)
    await desk.publisher.close()
    desk.publisher = good
    await desk.handle(prompt)
    assert len(desk.texts) == 1
    (sent,) = await desk.said(PROMPTS, PromptSent)
    assert sent.event_id == prompt.prompt_id


async def test_what_waits_its_turn_beyond_its_time_is_not_sent(desk: Desk) -> None:
    slow = desk.settings.model_copy(update={"sms_segments_per_second": 4.0})
    studies, begun = {desk.study.ref: desk.study}, now()
    sender = Sender(slow, desk.adapter, studies, desk.vault, desk.publisher, lambda: NOON + (now() - begun))
    ends = NOON + timedelta(seconds=2)
    burst = [desk.prompt(str(number)).model_copy(update={"expires_at": ends}) for number in range(20)]
    await desk.handle(*burst, sender=sender)
    sent = await desk.said(PROMPTS, PromptSent)
    assert 4 <= len(sent) == len(desk.texts) <= 12
    assert all(one.occurred_at < ends for one in sent)
    closed = {one.prompt_id for one in await desk.said(PROMPTS, PromptClosed)}
    assert closed == {one.prompt_id for one in burst} - {one.event_id for one in sent}


async def test_a_silent_provider_is_not_asked_twice(desk: Desk) -> None:
    desk.answers = [Answer(0, "")]
    await desk.handle(desk.prompt("one"))
    assert len(desk.texts) == 1
    assert [one.delivery for one in await desk.said(DELIVERY_REPORTS, DeliveryReported)] == ["unknown"]
    assert await desk.said(PROMPTS, PromptSent) == []


async def test_a_busy_provider_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.sms.delivery._RETRY_SECONDS", 0.01)
    desk.answers = [Answer(429, "{}"), Answer(429, "{}")]
    await desk.handle(desk.prompt("one"))
    assert len(desk.texts) == 3
    assert len(await desk.said(PROMPTS, PromptSent)) == 1


async def test_a_refusal_closes_the_prompt(desk: Desk) -> None:
    desk.answers = [Answer(400, '{"code": 21211, "status": 400}')]
    await desk.handle(desk.prompt("one"))
    (closed,) = await desk.said(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("failed", "provider")
    (report,) = await desk.said(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.code) == ("failed", "21211")


async def test_who_told_the_provider_to_stop_has_told_us(desk: Desk) -> None:
    desk.answers = [TWILIO.refused()]
    await desk.handle(desk.reply("a"))
    (changed,) = await desk.said(CONSENTS, ConsentChanged)
    assert (changed.status, changed.text_version) == ("contact_stopped", "provider")
    await desk.handle(desk.reply("b"))
    assert len(desk.texts) == 1


async def test_a_receipt_of_somebody_elses_text_is_passed_over(desk: Desk) -> None:
    assert await _receipt(desk, event_id("nobody's"), Delivery.DELIVERED) == 200
    assert await desk.said(DELIVERY_REPORTS, DeliveryReported) == []


async def _receipt(desk: Desk, text: UUID, delivery: Delivery) -> int:
    gateway = build_gateway(
        desk.settings, {desk.study.ref: desk.study}, Registry({"twilio": TWILIO.adapter()}), desk.vault,
        desk.publisher, lambda: desk.at,
    )  # fmt: skip
    request = TWILIO.receipt(text, delivery, "SMx")
    transport = httpx.ASGITransport(gateway)
    async with httpx.AsyncClient(transport=transport, base_url="https://study.example") as client:
        headers = dict(request.headers) | {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post(request.url, content=request.body, headers=headers)
        return answer.status_code
