"""A cry for help in the form: answered at once on whatever page follows, and alerted once."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from locales import form_texts
from producers.gateway.app import build_gateway
from producers.gateway.help_calls import HelpCalls, publish_kept
from producers.gateway.intake import Intake
from producers.kafka import PublishFailed
from producers.sms.providers.registry import Registry
from producers.vault import Kept as KeptCall
from producers.vault import Person, Vault
from schemas.clock import now
from schemas.events import CheckInSubmitted, Event, PauseChanged, SafetyRaised
from schemas.identity import event_id
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.study import Study
from tests.producers.gateway.conftest import GOOD, Kept, minted

NL = form_texts("nl")
CRY = {"note": "Sorry. I want to kill myself"}


class Away(Kept):
    """A Kafka that is away until it is told to come back."""

    away = True

    async def publish(self, event: Event) -> Receipt:
        if self.away:
            raise PublishFailed("away")
        return await super().publish(event)


def answered(page: httpx.Response) -> bool:
    """Whether a page begins with whom to call, in the participant's language."""
    said = page.text
    assert ('class="box call"' in said) == (NL.call_title in said) == (NL.call_automatic in said)
    if NL.call_title not in said:
        return False
    call = said[said.index('class="box call"') : said.index("</section>")]
    assert "<a href=tel:112>" in call
    assert "<a href=tel:+442079460018>" in call
    assert "Het studieteam" in call
    return True


def raised(kept: Kept) -> list[SafetyRaised]:
    return [event for event in kept.events if isinstance(event, SafetyRaised)]


async def test_the_reply_page_is_warm_and_the_staff_are_alerted_once(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept
) -> None:
    link = await minted(vault, person)
    page = await client.post(link, data=GOOD | CRY)
    assert page.status_code == 200
    assert answered(page)
    assert NL.thanks in page.text
    assert page.text.count("<h1") == 1
    (alert,) = raised(kept)
    (checkin,) = [event for event in kept.events if isinstance(event, CheckInSubmitted)]
    assert (alert.participant, alert.cause) == (person.participant, checkin.event_id)
    assert [(one.paused, one.reason) for one in kept.events if isinstance(one, PauseChanged)] == [
        (True, "crisis")
    ]
    assert kept.events[0] is alert
    assert "kill" not in "".join(event.model_dump_json() for event in kept.events)
    assert answered(await client.post(link, data=GOOD | CRY))
    assert len(raised(kept)) == 1
    assert not answered(await client.get(link))


async def test_what_does_not_call_is_thanked_as_ever(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept
) -> None:
    page = await client.post(await minted(vault, person), data=GOOD | {"note": "this is killing me"})
    assert not answered(page)
    assert NL.thanks in page.text
    assert raised(kept) == []


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        (CRY, 422, "missing"),
        (GOOD | CRY | {"mood": "99"}, 422, "out_of_range"),
        (GOOD | CRY | {"password": "x"}, 422, "unknown_item"),
        (GOOD | CRY | {"Action": "next", "Seen": "mood stress handled note"}, 200, ""),
    ],
)
async def test_whatever_is_wrong_with_the_form_the_call_is_heard(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept,
    fields: dict[str, str], status: int, said: str,
) -> None:  # fmt: skip
    page = await client.post(await minted(vault, person), data=fields)
    assert page.status_code == status
    assert answered(page)
    assert not said or NL[said] in page.text
    assert len(raised(kept)) == 1


async def test_a_call_on_an_expired_link_or_after_the_answers_is_heard(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept
) -> None:
    expired = await client.post(await minted(vault, person, -1), data=GOOD | CRY)
    assert expired.status_code == 410
    assert answered(expired)
    assert NL.expired in expired.text
    assert len(raised(kept)) == 1
    link = await minted(vault, person)
    assert not answered(await client.post(link, data=GOOD))
    later = await client.post(link, data=GOOD | CRY)
    assert answered(later)
    assert NL.already in later.text
    assert len(raised(kept)) == 2


async def test_while_kafka_is_away_the_reply_does_not_wait_and_the_alert_follows(
    settings: Settings, study: Study, vault: Vault, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.gateway.help_calls._FIRST_WAIT_SECONDS", 0.01)
    kafka = Away()
    app = build_gateway(settings, {study.ref: study}, Registry(), vault, kafka, now)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        page = await client.post(await minted(vault, person), data=GOOD | CRY)
        assert page.status_code == 503
        assert answered(page)
        assert NL.unsaved in page.text
        kafka.away = False
        async with asyncio.timeout(5):
            while len(kafka.events) < 2 or await vault.calls.waiting(now()):
                await asyncio.sleep(0.01)
    assert [type(event) for event in kafka.events] == [SafetyRaised, PauseChanged]


async def test_a_call_outlives_the_gateway_that_heard_it(
    settings: Settings, study: Study, vault: Vault, person: Person
) -> None:
    heard = HelpCalls(vault, Intake(vault, Away(), now))
    checkin, at = event_id("link", "x"), now()
    await heard.raise_alert(person, checkin, "suicide", at)
    for task in heard._publishing.values():
        task.cancel()  # the process ends
    kafka, began, told = Kept(), now() + timedelta(seconds=1), list[Exception | None]()
    await publish_kept(vault, Intake(vault, kafka, now), began, told.append)
    await publish_kept(vault, Intake(vault, kafka, now), began, told.append)
    assert [type(event) for event in kafka.events] == [SafetyRaised, PauseChanged]
    assert {event.occurred_at for event in kafka.events} == {at}
    assert not await vault.calls.waiting(now())
    assert set(told) == {None}


async def test_a_call_that_cannot_be_read_is_told_and_kept(
    vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    name = event_id("link", "x")
    await vault.calls.keep([KeptCall(event_id=name, event="{}")], now())
    later = now() + timedelta(seconds=1)
    await publish_kept(vault, Intake(vault, Kept(), now), later, lambda _: None)
    assert str(name) in caplog.text
    assert [one.event_id for one in await vault.calls.waiting(later)] == [name]
