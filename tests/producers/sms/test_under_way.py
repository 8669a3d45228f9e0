"""The sender while things go wrong: a provider that hangs, a locked vault, a fault, an end in mid-text."""

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr

from producers.sms.delivery import TextDelivery
from producers.sms.dispatcher import Sender
from producers.sms.providers.generic_http import Account, HttpGateway
from producers.vault import Vault, VaultUnavailable
from schemas.events import ConsentStatus, DeadLetter, Delivery, DeliveryReported, PromptClosed
from schemas.topics import DEAD_LETTERS, DELIVERY_REPORTS, PROMPTS, TEXTS
from tests.producers.conftest import locked
from tests.producers.sms.providers.kits import SECRET, Answer, Took, carrier
from tests.producers.sms.test_dispatcher import TWILIO, Desk, desk

__all__ = ["desk"]
pytestmark = pytest.mark.kafka
PLACES = [TopicPartition(TEXTS.name, number) for number in range(TEXTS.partitions)]


async def until(held: Any) -> None:
    async with asyncio.timeout(20):
        while not await held():
            await asyncio.sleep(0.05)


class Running:
    """A sender that reads from Kafka, and a provider that keeps ordinary texts until it is told to go on."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("producers.sms.dispatcher._GROUP", f"sender-{desk.person.participant}")
        self.desk = desk
        self.go_on = threading.Event()
        desk.provider.answer = self._answer
        self.task = asyncio.create_task(desk.sender.run())

    def _answer(self, took: Took) -> Answer:
        if "stemming" in TWILIO.words_sent(took):
            self.go_on.wait(20)
        return TWILIO.accepted()

    async def sent(self, count: int) -> None:
        async def held() -> bool:
            return len(self.desk.texts) >= count

        await until(held)

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def test_stop_and_crisis_do_not_wait_behind_a_provider_that_hangs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, person = Running(desk, monkeypatch), desk.person.participant
    hanging, waiting = desk.prompt("hanging"), desk.prompt("waiting")
    await desk.publisher.publish(hanging)
    await running.sent(1)
    await desk.publisher.publish(waiting)
    await desk.publisher.publish(desk.consent(ConsentStatus.CONTACT_STOPPED))
    await desk.publisher.publish(desk.reply("a", "crisis"))
    await desk.publisher.publish(desk.reply("b", "stopped"))
    await running.sent(3)

    async def noted() -> bool:
        contact = await desk.vault.directory.contact(person)
        return contact is not None and contact.status == ConsentStatus.CONTACT_STOPPED

    await until(noted)
    assert not running.go_on.is_set()
    running.go_on.set()

    async def closed() -> set[tuple[UUID, str | None]]:
        found = await desk.said(PROMPTS, PromptClosed)
        # A sender of other tests, on the same Kafka, has another vault and knows no number.
        return {(one.prompt_id, one.detail) for one in found if one.detail != "no_number"}

    await until(closed)
    await until(lambda: all_done(desk))
    await running.end()
    assert await closed() == {(waiting.prompt_id, "no_consent")}
    assert len(desk.texts) == 3


async def test_an_end_of_the_sender_tears_no_text_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    running, prompt = Running(desk, monkeypatch), desk.prompt("hanging")
    await desk.publisher.publish(prompt)
    await desk.publisher.publish(desk.prompt("waiting"))
    await running.sent(1)
    ending = asyncio.create_task(running.end())
    await asyncio.sleep(0.3)
    assert not ending.done()
    running.go_on.set()
    await ending
    dispatch = await desk.vault.dispatches.find(prompt.event_id, "twilio", "")
    assert dispatch is not None
    assert dispatch.delivery == Delivery.ACCEPTED
    assert len(desk.texts) == 1
    again = Running(desk, monkeypatch)
    again.go_on.set()
    await again.sent(2)
    await until(lambda: all_done(desk))
    await again.end()
    assert len(desk.texts) == 2


async def test_a_fault_before_the_claim_is_a_dead_letter_and_holds_nothing_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError("+447700900123")

    with monkeypatch.context() as patch:
        patch.setattr(desk.vault.directory, "number", broken)
        await desk.handle(desk.reply("odd"))
    (letter,) = await desk.said(DEAD_LETTERS, DeadLetter)
    assert (letter.reason, letter.detail, letter.topic) == ("unexpected", "RuntimeError", TEXTS.name)
    await desk.handle(desk.reply("odd"))
    assert len(desk.texts) == 1


async def test_a_fault_after_the_claim_is_reported(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("very private words")

    with monkeypatch.context() as patch:
        patch.setattr(TextDelivery, "_link", broken)
        await desk.handle(desk.prompt("never handed over"))
    with monkeypatch.context() as patch:
        patch.setattr(desk.adapter, "send", broken)
        await desk.handle(desk.reply("nobody knows"))
    reports = await desk.said(DELIVERY_REPORTS, DeliveryReported)
    assert sorted((one.delivery, one.code) for one in reports) == [
        ("failed", "unexpected"),
        ("unknown", "ValueError"),
    ]
    assert len(await desk.said(PROMPTS, PromptClosed)) == 1


@pytest.mark.parametrize("body", ["<html>all is well</html>", "", "[]", '{"sid": null}'])
async def test_an_answer_that_cannot_be_read_is_not_sent_again(desk: Desk, body: str) -> None:
    desk.answers = [Answer(201, body)]
    await desk.handle(desk.reply("a"), desk.reply("b"))
    assert len(desk.texts) == 2
    assert len(await desk.said(DELIVERY_REPORTS, DeliveryReported)) == 2


async def test_a_locked_vault_puts_texts_off_and_loses_none(desk: Desk) -> None:
    reply = desk.reply("a")
    key = desk.settings.secret("vault_key")
    impatient = await Vault.open(desk.settings.vault_path, key, busy_seconds=0.2)
    studies = {desk.study.ref: desk.study}
    sender = Sender(desk.settings, desk.adapter, studies, impatient, desk.publisher, lambda: desk.at)
    with locked(desk.settings), pytest.raises(VaultUnavailable):
        await desk.handle(reply, sender=sender)
    await impatient.close()
    assert desk.texts == []
    await desk.handle(reply)
    assert len(desk.texts) == 1


async def test_who_stops_while_a_text_waits_to_be_tried_again_gets_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.sms.delivery._RETRY_SECONDS", 0.5)
    desk.answers = [Answer(429, "{}")]
    trying = asyncio.create_task(desk.handle(desk.prompt("one")))
    await asyncio.sleep(0.3)
    stopped = desk.at + timedelta(seconds=1)
    await desk.vault.directory.record_consent(desk.person.participant, ConsentStatus.CONTACT_STOPPED, stopped)
    await trying
    assert len(desk.texts) == 1
    (report,) = await desk.said(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.code) == ("failed", "no_consent")


@pytest.mark.parametrize("hmac_key", ["", "a key"])
async def test_receipts_are_asked_for_at_the_secret_path_also_with_an_hmac(desk: Desk, hmac_key: str) -> None:
    settings = desk.settings.model_copy(update={"http_sms_secret": SecretStr(SECRET)})
    with carrier(lambda _: Answer(202, "0: Accepted for delivery")) as kannel:
        adapter = HttpGateway("kannel", Account(kannel.url, "u", "p", "12345", SECRET, hmac_key))
        studies = {desk.study.ref: desk.study}
        sender = Sender(settings, adapter, studies, desk.vault, desk.publisher, lambda: desk.at)
        reply = desk.reply("a")
        await desk.handle(reply, sender=sender)
        await adapter.close()
    url = kannel.took[0].fields["dlr-url"]
    assert url == f"https://study.example/sms/kannel/{SECRET}?text={reply.event_id}&dlr=%d"


async def all_done(desk: Desk) -> bool:
    return await _committed(desk) == await _ends(desk)


async def _committed(desk: Desk) -> dict[Any, int]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=desk.settings.kafka, group_id=f"sender-{desk.person.participant}",
        enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    try:
        return {place: await consumer.committed(place) or 0 for place in PLACES}
    finally:
        await consumer.stop()


async def _ends(desk: Desk) -> dict[Any, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=desk.settings.kafka)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets(PLACES))
    finally:
        await consumer.stop()
