"""What each provider hears from us: that a text is stored, how long one is of use, and nothing for ever."""

import threading
import time
from uuid import UUID

import pytest

from producers.sms.providers.base import Outgoing
from schemas.events import DeliveryStatus
from tests.producers.sms.providers.kits import KITS, Answer, Kit, Took, carrier, kit_name

TEXT = UUID("6d0e4b1c-7f0b-5f0e-9a57-2f6a3f1c8b11")
SENDING = [kit for kit in KITS if kit.sends]
STORED = {
    "twilio": '<?xml version="1.0" encoding="UTF-8"?><Response />',
    "telnyx": "",
    "kannel": "",  # Kannel texts whatever stands here to the sender
    "jasmin": "ACK/Jasmin",  # anything else has Jasmin deliver again
    "africastalking": "OK",
    "simulator": "",
}
OF_USE = {"twilio": ("ValidityPeriod", "90"), "kannel": ("validity", "2"), "jasmin": ("validity-period", "2")}


def outgoing(seconds: int = 600) -> Outgoing:
    return Outgoing(TEXT, "+447700900123", "How are you?", seconds, f"https://study.example/sms?text={TEXT}")


@pytest.mark.parametrize("kit", KITS, ids=kit_name)
def test_the_words_that_stop_a_provider_from_delivering_again(kit: Kit) -> None:
    answer = kit.adapter().acknowledge()
    assert answer.status_code == 200
    assert bytes(answer.body).decode() == STORED[kit.name]


@pytest.mark.parametrize("kit", SENDING, ids=kit_name)
async def test_providers_that_can_drop_a_stale_text_get_its_validity(kit: Kit) -> None:
    with carrier(lambda _: kit.accepted()) as provider:
        adapter = kit.adapter(provider.url)
        await adapter.send(outgoing(90))
        await adapter.close()
    assert adapter.capabilities.validity == (kit.name in OF_USE)
    if kit.name in OF_USE:
        field, value = OF_USE[kit.name]
        assert provider.took[0].fields[field] == value


@pytest.mark.parametrize("kit", SENDING, ids=kit_name)
async def test_a_provider_that_never_answers_holds_nothing_up(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("generic_http", "telnyx", "twilio"):
        monkeypatch.setattr(f"producers.sms.providers.{name}._SECONDS", 0.3)
    over = threading.Event()

    def say_nothing(_: Took) -> Answer:
        over.wait(20)
        return Answer(0, "")

    with carrier(say_nothing) as provider:
        adapter = kit.adapter(provider.url)
        begun = time.monotonic()
        sent = await adapter.send(outgoing())
        waited = time.monotonic() - begun
        await adapter.close()
        over.set()
    assert (sent.delivery, sent.retry) == (DeliveryStatus.UNKNOWN, False)
    assert waited < 5
    assert len(provider.took) == 1
