"""A text goes to its person at most once, in their language, and only if it may."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher, PublishFailed
from producers.sms.dispatcher import Dispatcher
from producers.sms.providers.registry import Registry
from producers.vault import Vault
from schemas.base import Channel
from schemas.clock import now
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    DeadLetter,
    DeliveryReported,
    DeliveryStatus,
    LanguageChosen,
    PromptClosed,
    PromptSent,
)
from schemas.identity import event_id
from schemas.receipts import Receipt
from schemas.topics import CONSENTS, DEAD_LETTERS, DELIVERY_REPORTS, PARTICIPANTS, PROMPTS
from tests.producers.sms.providers.kits import Answer
from tests.producers.sms.rig import NOON, NUMBER, TWILIO, Rig

pytestmark = pytest.mark.kafka


async def test_each_reply_is_sent_once_in_the_persons_language(rig: Rig) -> None:
    first = rig.reply("first")
    await rig.handle(first, first, rig.reply("second", "not_understood"))
    await rig.handle(first)
    assert rig.texts == ["Dank u wel.", rig.study.texts["not_understood"]["nl"]]
    took = rig.provider.took[0]
    assert (took.fields["To"], took.fields["From"]) == (NUMBER, "+447700900999")


async def test_unreadable_requests_and_unknown_texts_are_dead_letters(rig: Rig) -> None:
    await rig.handle(rig.reply("odd", "no-such"), rig.reply("well"))
    await rig.handle(raw=b"poison")
    assert rig.texts == ["Dank u wel."]
    (letter,) = await rig.published(DEAD_LETTERS, DeadLetter)
    assert letter.reason == "invalid"


async def test_what_does_not_belong_among_the_texts_is_a_dead_letter(rig: Rig) -> None:
    report = DeliveryReported(
        **rig.envelope("misplaced"), text=event_id("test"), provider="twilio", delivery=DeliveryStatus.SENT
    )
    await rig.handle(report)
    (letter,) = await rig.published(DEAD_LETTERS, DeadLetter)
    assert (letter.reason, letter.cause) == ("unexpected", report.event_id)
    assert letter.detail.startswith("delivery.reported does not belong on any of ")


async def test_a_reply_that_comes_after_an_outage_is_not_sent(rig: Rig) -> None:
    late = rig.reply("late")
    rig.at += timedelta(minutes=15)
    await rig.handle(late)
    assert rig.texts == []
    assert [(one.delivery, one.code) for one in await rig.published(DELIVERY_REPORTS, DeliveryReported)] == [
        ("withheld", "expired")
    ]


async def test_a_prompt_is_recorded_as_sent_with_all_its_times(rig: Rig) -> None:
    prompt = rig.prompt("one")
    rig.at += timedelta(seconds=7)
    await rig.handle(prompt)
    (sent,) = await rig.published(PROMPTS, PromptSent)
    assert sent.event_id == prompt.prompt_id
    assert (sent.scheduled_at, sent.occurred_at) == (NOON, NOON + timedelta(seconds=7))
    (report,) = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.segments, report.provider) == ("accepted", 1, "twilio")
    assert rig.provider.took[0].fields["ValidityPeriod"] == str(90 * 60 - 7)
    assert "stemming" in rig.texts[0]


async def test_a_reminder_is_marked_and_is_no_second_prompt(rig: Rig) -> None:
    await rig.handle(rig.prompt("one"), rig.prompt("one", attempt=1))
    assert [text.startswith("Herinnering:") for text in rig.texts] == [False, True]
    assert len(await rig.published(PROMPTS, PromptSent)) == 1


async def test_a_web_prompt_has_a_link_that_opens_it(rig: Rig) -> None:
    prompt = rig.prompt("web", Channel.WEB)
    await rig.handle(prompt)
    token = rig.texts[0].rpartition("/c/")[2]
    link = await rig.vault.links.find(token)
    assert link is not None
    assert (link.prompt_id, link.expires_at) == (prompt.prompt_id, prompt.expires_at)


async def test_a_reminder_has_the_link_of_its_prompt(rig: Rig) -> None:
    await rig.handle(rig.prompt("web", Channel.WEB), rig.prompt("web", Channel.WEB, attempt=1))
    await rig.handle(rig.prompt("another", Channel.WEB))
    first, again, another = (text.rpartition("/c/")[2] for text in rig.texts)
    assert first == again != another


async def test_nobody_is_texted_who_stopped_contact(rig: Rig) -> None:
    await rig.handle(rig.consent(ConsentStatus.CONTACT_STOPPED), topic=CONSENTS)
    await rig.handle(rig.prompt("one"), rig.reply("a"), rig.reply("b", "stopped"))
    assert rig.texts == ["U krijgt geen berichten meer van ons. Stuur START om ze weer te krijgen."]
    (closed,) = await rig.published(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("cancelled", "no_consent")
    rig.at += timedelta(seconds=1)
    await rig.handle(rig.consent(ConsentStatus.GRANTED), topic=CONSENTS)
    await rig.handle(rig.reply("c"))
    assert rig.texts[1:] == ["Dank u wel."]


async def test_an_older_consent_does_not_undo_a_newer_one(rig: Rig) -> None:
    granted = rig.consent(ConsentStatus.GRANTED)
    rig.at += timedelta(seconds=1)
    await rig.handle(rig.consent(ConsentStatus.CONTACT_STOPPED), granted, topic=CONSENTS)
    await rig.handle(rig.reply("a"))
    assert rig.texts == []


async def test_quiet_hours_hold_at_the_moment_of_sending(rig: Rig) -> None:
    rig.at = datetime(2026, 6, 1, 19, 29, tzinfo=UTC)  # 21:29 in Brussels, a minute before quiet
    prompt = rig.prompt("evening")
    rig.at += timedelta(minutes=2)
    await rig.handle(prompt, rig.reply("awake"))
    assert rig.texts == ["Dank u wel."]
    (closed,) = await rig.published(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("discarded", "quiet_hours")


async def test_the_budget_of_a_day_is_kept_and_renewed(rig: Rig) -> None:
    rig.study = rig.study.model_copy(
        update={"schedule": rig.study.schedule.model_copy(update={"max_segments_per_day": 2})}
    )
    await rig.handle(*(rig.reply(str(number)) for number in range(4)))
    await rig.handle(rig.reply("crisis", "crisis"))
    assert len(rig.texts) == 3
    reports = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    assert [one.code for one in reports if one.delivery == "withheld"] == ["budget", "budget"]
    rig.at += timedelta(days=1)
    await rig.handle(rig.reply("tomorrow"))
    assert len(rig.texts) == 4


async def test_a_chosen_language_is_spoken(rig: Rig) -> None:
    chosen = LanguageChosen(**rig.envelope("language"), language="ar")
    await rig.handle(chosen, topic=PARTICIPANTS)
    person = await rig.vault.directory.find(rig.person.participant)
    assert person is not None
    assert person.language == "ar"


async def test_after_a_crash_a_text_is_not_sent_again_and_a_report_settles_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prompt = rig.prompt("one")

    async def crash(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(rig.adapter, "send", crash)
        await rig.handle(prompt)
    await rig.handle(prompt)
    assert rig.texts == []
    assert [one.delivery for one in await rig.published(DELIVERY_REPORTS, DeliveryReported)] == ["unknown"]
    assert await rig.published(PROMPTS, PromptSent) == []
    with caplog.at_level(logging.DEBUG, "producers"):
        for delivery in (DeliveryStatus.DELIVERED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED):
            assert await _delivery_report(rig, prompt.event_id, delivery) == 200
    assert [one.delivery for one in await rig.published(DELIVERY_REPORTS, DeliveryReported)] == [
        "unknown",
        "delivered",
        "sent",
    ]
    assert {one.event_id for one in await rig.published(PROMPTS, PromptSent)} == {prompt.prompt_id}
    assert "7700900" not in caplog.text


async def test_two_dispatchers_at_once_send_one_text(rig: Rig) -> None:
    other = await Vault.open(rig.settings.vault_path, rig.settings.secret("vault_key"))
    studies = {rig.study.ref: rig.study}
    second = Dispatcher(rig.settings, rig.adapter, studies, other, rig.publisher, lambda: rig.at)
    first = rig.prompt("one")
    asked = [first, rig.prompt("one", attempt=1), rig.reply("a")]
    await asyncio.gather(*(rig.handle(*asked, dispatcher=one) for one in (rig.dispatcher, second) * 3))
    await other.close()
    assert len(rig.texts) == 3
    assert {one.event_id for one in await rig.published(PROMPTS, PromptSent)} == {first.prompt_id}


async def test_an_outage_of_kafka_raises_and_sends_nothing_again(rig: Rig) -> None:
    prompt, good = rig.prompt("one"), rig.publisher
    rig.publisher = Publisher("127.0.0.1:1", limit=0.2)
    with pytest.raises(PublishFailed):
        await rig.handle(prompt)
    await rig.publisher.close()
    rig.publisher = good
    await rig.handle(prompt)
    assert len(rig.texts) == 1
    (sent,) = await rig.published(PROMPTS, PromptSent)
    assert sent.event_id == prompt.prompt_id


async def test_what_waits_its_turn_beyond_its_time_is_not_sent(rig: Rig) -> None:
    slow = rig.settings.model_copy(update={"sms_segments_per_second": 4.0})
    studies, begun = {rig.study.ref: rig.study}, now()
    dispatcher = Dispatcher(
        slow, rig.adapter, studies, rig.vault, rig.publisher, lambda: NOON + (now() - begun)
    )
    ends = NOON + timedelta(seconds=2)
    burst = [rig.prompt(str(number)).model_copy(update={"expires_at": ends}) for number in range(20)]
    await rig.handle(*burst, dispatcher=dispatcher)
    sent = await rig.published(PROMPTS, PromptSent)
    assert 4 <= len(sent) == len(rig.texts) <= 12
    assert all(one.occurred_at < ends for one in sent)
    closed = {one.prompt_id for one in await rig.published(PROMPTS, PromptClosed)}
    assert closed == {one.prompt_id for one in burst} - {one.event_id for one in sent}


async def test_a_silent_provider_is_not_asked_twice(rig: Rig) -> None:
    rig.answers = [Answer(0, "")]
    await rig.handle(rig.prompt("one"))
    assert len(rig.texts) == 1
    assert [one.delivery for one in await rig.published(DELIVERY_REPORTS, DeliveryReported)] == ["unknown"]
    assert await rig.published(PROMPTS, PromptSent) == []


async def test_a_busy_provider_is_asked_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.sms.delivery._RETRY_SECONDS", 0.01)
    rig.answers = [Answer(429, "{}"), Answer(429, "{}")]
    await rig.handle(rig.prompt("one"))
    assert len(rig.texts) == 3
    assert len(await rig.published(PROMPTS, PromptSent)) == 1


async def test_a_refusal_closes_the_prompt(rig: Rig) -> None:
    rig.answers = [Answer(400, '{"code": 21211, "status": 400}')]
    await rig.handle(rig.prompt("one"))
    (closed,) = await rig.published(PROMPTS, PromptClosed)
    assert (closed.outcome, closed.detail) == ("failed", "provider")
    (report,) = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.code) == ("failed", "21211")


async def test_an_opt_out_at_the_provider_stops_contact(rig: Rig) -> None:
    rig.answers = [TWILIO.refused()]
    await rig.handle(rig.reply("a"))
    (changed,) = await rig.published(CONSENTS, ConsentChanged)
    assert (changed.status, changed.text_version) == ("contact_stopped", "provider")
    await rig.handle(rig.reply("b"))
    assert len(rig.texts) == 1


async def test_a_delivery_report_on_an_unknown_text_is_ignored(rig: Rig) -> None:
    assert await _delivery_report(rig, event_id("nobody's"), DeliveryStatus.DELIVERED) == 200
    assert await rig.published(DELIVERY_REPORTS, DeliveryReported) == []


async def _delivery_report(rig: Rig, text: UUID, delivery: DeliveryStatus) -> int:
    gateway = build_gateway(
        rig.settings, {rig.study.ref: rig.study}, Registry({"twilio": TWILIO.adapter()}), rig.vault,
        rig.publisher, lambda: rig.at,
    )  # fmt: skip
    request = TWILIO.delivery_report(text, delivery, "SMx")
    transport = httpx.ASGITransport(gateway)
    async with httpx.AsyncClient(transport=transport, base_url="https://study.example") as client:
        headers = dict(request.headers) | {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post(request.url, content=request.body, headers=headers)
        return answer.status_code


async def test_what_is_said_of_a_text_can_be_compared_with_kafka(rig: Rig) -> None:
    """Its reports and dead letters have receipts, as everything has that the gateway publishes."""
    prompt = rig.prompt("one")
    await rig.handle(prompt, rig.reply("odd", "no-such"))
    noted: set[UUID] = set()
    for topic in (PROMPTS, DELIVERY_REPORTS, DEAD_LETTERS):
        for partition in range(topic.partitions):
            start = Receipt(event_id=UUID(int=0), topic=topic.name, partition=partition, offset=-2, digest="")
            noted |= {one.event_id for one in await rig.vault.ledger.receipts(start)}
    (sent,) = await rig.published(PROMPTS, PromptSent)
    (report,) = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    (letter,) = await rig.published(DEAD_LETTERS, DeadLetter)
    assert noted == {sent.event_id, report.event_id, letter.event_id}
