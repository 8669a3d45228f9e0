"""The dispatcher under faults: a provider that hangs, a locked vault, a crash in the middle of a text."""

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
from producers.sms.dispatcher import Dispatcher
from producers.sms.providers.generic_http import Account, HttpGateway
from producers.vault import Vault, VaultUnavailable
from schemas.events import ConsentStatus, DeadLetter, DeliveryReported, DeliveryStatus, PromptClosed
from schemas.topics import DEAD_LETTERS, DELIVERY_REPORTS, PROMPTS, TEXTS
from tests.producers.conftest import locked
from tests.producers.sms.providers.kits import SECRET, Answer, Took, carrier
from tests.producers.sms.rig import TWILIO, Rig

pytestmark = pytest.mark.kafka
PLACES = [TopicPartition(TEXTS.name, number) for number in range(TEXTS.partitions)]


async def until(held: Any) -> None:
    async with asyncio.timeout(20):
        while not await held():
            await asyncio.sleep(0.05)


class Running:
    """A dispatcher that reads from Kafka, and a provider that holds ordinary texts until `go_on`."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "producers.sms.dispatcher.DISPATCHER_GROUP", f"dispatcher-{rig.person.participant}"
        )
        self.rig = rig
        self.go_on = threading.Event()
        rig.provider.answer = self._answer
        self.task = asyncio.create_task(rig.dispatcher.run())

    def _answer(self, took: Took) -> Answer:
        if "stemming" in TWILIO.words_sent(took):
            self.go_on.wait(20)
        return TWILIO.accepted()

    async def sent(self, count: int) -> None:
        async def held() -> bool:
            return len(self.rig.texts) >= count

        await until(held)

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def test_stop_and_crisis_do_not_wait_behind_a_provider_that_hangs(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, person = Running(rig, monkeypatch), rig.person.participant
    hanging, waiting = rig.prompt("hanging"), rig.prompt("waiting")
    await rig.publisher.publish(hanging)
    await running.sent(1)
    await rig.publisher.publish(waiting)
    await rig.publisher.publish(rig.consent(ConsentStatus.CONTACT_STOPPED))
    await rig.publisher.publish(rig.reply("a", "crisis"))
    await rig.publisher.publish(rig.reply("b", "stopped"))
    await running.sent(3)

    async def noted() -> bool:
        contact = await rig.vault.directory.contact(person)
        return contact is not None and contact.status == ConsentStatus.CONTACT_STOPPED

    await until(noted)
    assert not running.go_on.is_set()
    running.go_on.set()

    async def closed() -> set[tuple[UUID, str | None]]:
        found = await rig.published(PROMPTS, PromptClosed)
        # A dispatcher of other tests, on the same Kafka, has another vault and knows no number.
        return {(one.prompt_id, one.detail) for one in found if one.detail != "no_number"}

    await until(closed)
    await until(lambda: all_done(rig))
    await running.end()
    assert await closed() == {(waiting.prompt_id, "no_consent")}
    assert len(rig.texts) == 3


async def test_a_shutdown_lets_texts_being_submitted_finish(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, prompt = Running(rig, monkeypatch), rig.prompt("hanging")
    await rig.publisher.publish(prompt)
    await rig.publisher.publish(rig.prompt("waiting"))
    await running.sent(1)
    ending = asyncio.create_task(running.end())
    await asyncio.sleep(0.3)
    assert not ending.done()
    running.go_on.set()
    await ending
    dispatch = await rig.vault.dispatches.find(prompt.event_id, "twilio", "")
    assert dispatch is not None
    assert dispatch.delivery == DeliveryStatus.ACCEPTED
    assert len(rig.texts) == 1
    again = Running(rig, monkeypatch)
    again.go_on.set()
    await again.sent(2)
    await until(lambda: all_done(rig))
    await again.end()
    assert len(rig.texts) == 2


async def test_a_fault_before_the_claim_is_a_dead_letter_and_holds_nothing_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError("+447700900123")

    with monkeypatch.context() as patch:
        patch.setattr(rig.vault.directory, "number", broken)
        await rig.handle(rig.reply("odd"))
    (letter,) = await rig.published(DEAD_LETTERS, DeadLetter)
    assert (letter.reason, letter.detail, letter.topic) == ("unexpected", "RuntimeError", TEXTS.name)
    await rig.handle(rig.reply("odd"))
    assert len(rig.texts) == 1


async def test_a_fault_after_the_claim_is_reported(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("very private words")

    with monkeypatch.context() as patch:
        patch.setattr(TextDelivery, "_link", broken)
        await rig.handle(rig.prompt("never handed over"))
    with monkeypatch.context() as patch:
        patch.setattr(rig.adapter, "send", broken)
        await rig.handle(rig.reply("nobody knows"))
    reports = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    assert sorted((one.delivery, one.code) for one in reports) == [
        ("failed", "unexpected"),
        ("unknown", "ValueError"),
    ]
    assert len(await rig.published(PROMPTS, PromptClosed)) == 1


@pytest.mark.parametrize("body", ["<html>all is well</html>", "", "[]", '{"sid": null}'])
async def test_an_answer_that_cannot_be_read_is_not_sent_again(rig: Rig, body: str) -> None:
    rig.answers = [Answer(201, body)]
    await rig.handle(rig.reply("a"), rig.reply("b"))
    assert len(rig.texts) == 2
    assert len(await rig.published(DELIVERY_REPORTS, DeliveryReported)) == 2


async def test_a_locked_vault_puts_texts_off_and_loses_none(rig: Rig) -> None:
    reply = rig.reply("a")
    key = rig.settings.secret("vault_key")
    impatient = await Vault.open(rig.settings.vault_path, key, busy_seconds=0.2)
    studies = {rig.study.ref: rig.study}
    dispatcher = Dispatcher(rig.settings, rig.adapter, studies, impatient, rig.publisher, lambda: rig.at)
    with locked(rig.settings), pytest.raises(VaultUnavailable):
        await rig.handle(reply, dispatcher=dispatcher)
    await impatient.close()
    assert rig.texts == []
    await rig.handle(reply)
    assert len(rig.texts) == 1


async def test_who_stops_while_a_text_waits_to_be_tried_again_gets_none(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.sms.delivery._RETRY_SECONDS", 0.5)
    rig.answers = [Answer(429, "{}")]
    trying = asyncio.create_task(rig.handle(rig.prompt("one")))
    await asyncio.sleep(0.3)
    stopped = rig.at + timedelta(seconds=1)
    await rig.vault.directory.record_consent(rig.consent(ConsentStatus.CONTACT_STOPPED, stopped))
    await trying
    assert len(rig.texts) == 1
    (report,) = await rig.published(DELIVERY_REPORTS, DeliveryReported)
    assert (report.delivery, report.code) == ("failed", "no_consent")


@pytest.mark.parametrize("hmac_key", ["", "a key"])
async def test_delivery_reports_are_requested_at_the_secret_path_also_with_an_hmac(
    rig: Rig, hmac_key: str
) -> None:
    settings = rig.settings.model_copy(update={"http_sms_secret": SecretStr(SECRET)})
    with carrier(lambda _: Answer(202, "0: Accepted for delivery")) as kannel:
        adapter = HttpGateway("kannel", Account(kannel.url, "u", "p", "12345", SECRET, hmac_key))
        studies = {rig.study.ref: rig.study}
        dispatcher = Dispatcher(settings, adapter, studies, rig.vault, rig.publisher, lambda: rig.at)
        reply = rig.reply("a")
        await rig.handle(reply, dispatcher=dispatcher)
        await adapter.close()
    url = kannel.took[0].fields["dlr-url"]
    assert url == f"https://study.example/sms/kannel/{SECRET}?text={reply.event_id}&dlr=%d"


async def all_done(rig: Rig) -> bool:
    return await _committed(rig) == await _ends(rig)


async def _committed(rig: Rig) -> dict[Any, int]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=rig.settings.kafka, group_id=f"dispatcher-{rig.person.participant}",
        enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    try:
        return {place: await consumer.committed(place) or 0 for place in PLACES}
    finally:
        await consumer.stop()


async def _ends(rig: Rig) -> dict[Any, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=rig.settings.kafka)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets(PLACES))
    finally:
        await consumer.stop()
