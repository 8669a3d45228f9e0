"""What every provider's adapter must do, each with its own kit."""

import asyncio
import logging
from dataclasses import replace
from uuid import UUID

import pytest

from producers.sms.providers.base import DeliveryReport, Inbound, MalformedRequest, NotAuthentic, Outgoing
from producers.sms.providers.fake import FakeProvider
from schemas.events import DeliveryStatus
from tests.producers.sms.providers.kits import (
    KITS,
    PUBLIC,
    Answer,
    Kit,
    TelnyxKit,
    Took,
    carrier,
    kit_name,
)

NUMBER = "+447700900123"
TEXT = UUID("6d0e4b1c-7f0b-5f0e-9a57-2f6a3f1c8b11")
SENDING = [kit for kit in KITS if kit.sends]


@pytest.fixture(params=KITS, ids=kit_name)
def kit(request: pytest.FixtureRequest) -> Kit:
    found: Kit = request.param
    return found


@pytest.fixture(params=SENDING, ids=kit_name)
def sending(request: pytest.FixtureRequest) -> Kit:
    found: Kit = request.param
    return found


@pytest.mark.parametrize(
    "words",
    [
        "7 3 5",
        "STOP",
        "مزاج ٧ توتر ٣",
        "7️⃣ 😀",
        "a+b & c=d % ü",
        "  7  ",
        "7\n3\n5",
        "long " * 80,
        "",
        "é" * 300,
    ],
    ids=range(10),
)
def test_a_text_arrives_as_it_was_written(kit: Kit, words: str) -> None:
    adapter = kit.adapter()
    request = kit.text(NUMBER, words, "M1")
    adapter.authenticate(request)
    assert adapter.parse(request) == [Inbound("M1", NUMBER, words)]


def test_a_wrong_credential_is_refused(kit: Kit) -> None:
    adapter = kit.adapter()
    good = kit.text(NUMBER, "7", "M1")
    wrong = {name: "00" + value[2:] for name, value in good.headers.items()}
    bad = [replace(good, headers={}, secret=""), replace(good, headers=wrong, secret=good.secret[:-1])]
    bad.append(replace(good, headers=dict.fromkeys(good.headers, "é"), secret="é"))
    if kit.signed:
        other = kit.text(NUMBER, "8", "M1")
        bad.append(replace(good, body=other.body, query=other.query, url=other.url))
    for request in bad:
        with pytest.raises(NotAuthentic):
            adapter.authenticate(request)


def test_an_old_signature_is_refused() -> None:
    kit = TelnyxKit()
    with pytest.raises(NotAuthentic):
        kit.adapter().authenticate(kit.old())


def test_a_text_without_an_id_or_a_sender_is_malformed(kit: Kit) -> None:
    request = kit.unreadable()
    kit.adapter().authenticate(request)
    with pytest.raises(MalformedRequest):
        kit.adapter().parse(request)


@pytest.mark.parametrize("delivery", [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED])
def test_a_delivery_report_names_our_text(sending: Kit, delivery: DeliveryStatus) -> None:
    request = sending.delivery_report(TEXT, delivery, "M1")
    sending.adapter().authenticate(request)
    (report,) = sending.adapter().parse(request)
    assert isinstance(report, DeliveryReport)
    assert (report.text, report.message_id, report.delivery) == (TEXT, "M1", delivery)


def _outgoing(kit: Kit, words: str = "How are you? 7 3 5") -> Outgoing:
    return Outgoing(TEXT, NUMBER, words, 600, f"{PUBLIC}/sms/{kit.name}?text={TEXT}")


@pytest.mark.parametrize("words", ["How are you? 7 3 5", "كيف حالك؟ 😀"])
async def test_a_text_is_sent(sending: Kit, words: str) -> None:
    with carrier(lambda _: sending.accepted()) as provider:
        adapter = sending.adapter(provider.url)
        sent = await adapter.send(_outgoing(sending, words))
        await adapter.close()
    assert sent.delivery == DeliveryStatus.ACCEPTED
    (took,) = provider.took
    assert sending.words_sent(took) == words
    assert NUMBER in str(took.fields)
    if sending.name != "africastalking":  # its address for reports is set in its own dashboard
        assert f"text={TEXT}" in str(took.fields)


@pytest.mark.parametrize(
    ("answer", "delivery", "retry"),
    [
        (Answer(429, "{}"), DeliveryStatus.FAILED, True),
        (Answer(500, "{}"), DeliveryStatus.UNKNOWN, False),
        (Answer(0, ""), DeliveryStatus.UNKNOWN, False),
    ],
)
async def test_what_may_have_been_sent_is_not_sent_again(
    sending: Kit, answer: Answer, delivery: DeliveryStatus, retry: bool
) -> None:
    with carrier(lambda _: answer) as provider:
        adapter = sending.adapter(provider.url)
        sent = await adapter.send(_outgoing(sending))
        await adapter.close()
    assert (sent.delivery, sent.retry) == (delivery, retry)
    assert len(provider.took) == 1


async def test_a_refusal_has_its_code(sending: Kit) -> None:
    with carrier(lambda _: sending.refused()) as provider:
        adapter = sending.adapter(provider.url)
        sent = await adapter.send(_outgoing(sending))
        await adapter.close()
    assert sent.delivery == DeliveryStatus.FAILED
    assert sent.code
    assert sent.opted_out == (sending.name in ("twilio", "telnyx"))


async def test_twilio_drops_a_prompt_that_is_of_no_use_any_more() -> None:
    twilio = KITS[0]
    with carrier(lambda _: twilio.accepted()) as provider:
        adapter = twilio.adapter(provider.url)
        await adapter.send(_outgoing(twilio))
        await adapter.close()
    assert provider.took[0].fields["ValidityPeriod"] == "600"
    assert provider.took[0].path.endswith("/Accounts/ACtest/Messages.json")


async def test_nothing_personal_is_logged(sending: Kit, caplog: pytest.LogCaptureFixture) -> None:
    def answer(_: Took) -> Answer:
        return sending.refused()

    with caplog.at_level(logging.DEBUG), carrier(answer) as provider:
        adapter = sending.adapter(provider.url)
        adapter.parse(sending.text(NUMBER, "very private words", "M1"))
        await adapter.send(_outgoing(sending, "very private words"))
        await adapter.close()
    assert "7700900123" not in caplog.text
    assert "private" not in caplog.text


async def test_the_simulated_telephone_fetches_what_was_sent() -> None:
    simulator = FakeProvider("key")
    waiting = asyncio.create_task(simulator.fetch(NUMBER, 0, 5))
    await asyncio.sleep(0)
    await simulator.send(Outgoing(TEXT, "+447700900555", "for somebody else", 60, ""))
    await simulator.send(Outgoing(TEXT, NUMBER, "hello", 60, ""))
    assert await waiting == [(2, "hello")]
    assert await simulator.fetch(NUMBER, 2, 0.01) == []
