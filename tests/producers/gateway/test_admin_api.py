"""The admin API opens to its token alone, says which entry is wrong, and never repeats a number."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from producers.gateway.admin_api import build_admin_api
from producers.kafka import Publisher
from producers.sms.providers.registry import configured_providers
from producers.vault import Person, Vault, ledger
from schemas.clock import now
from schemas.events import SafetyAttended
from schemas.identity import digest, event_id
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CHECKINS
from tests.producers.conftest import NUMBER, locked
from tests.producers.gateway.conftest import Kept

ENTRY = {
    "number": "+447700900124",
    "study": "demo@3",
    "arm": "cbt",
    "language": "en",
    "zone": "Europe/London",
    "start_date": "2026-06-01",
}


def _client(settings: Settings, study: Study, vault: Vault, publisher: Publisher) -> httpx.AsyncClient:
    application = build_admin_api(
        settings, {study.ref: study}, configured_providers(settings), vault, publisher, now
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://admin",
        headers={"Authorization": f"Bearer {settings.secret('admin_token')}"},
    )


@pytest.fixture
async def admin_api(settings: Settings, study: Study, vault: Vault) -> AsyncIterator[httpx.AsyncClient]:
    """The admin API without a Kafka behind it."""
    publisher = Publisher(settings.kafka, limit=0.5)
    async with _client(settings, study, vault, publisher) as client:
        yield client
    await publisher.close()


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "the admin API's token"])
async def test_without_the_token_nothing_is_answered(
    admin_api: httpx.AsyncClient, person: Person, token: str
) -> None:
    for path in (f"/keys/{person.participant}", "/participants", "/nowhere"):
        answer = await admin_api.get(path, headers={"Authorization": token})
        assert answer.status_code == 401


async def test_a_key_is_given_and_an_unknown_one_is_not(admin_api: httpx.AsyncClient, person: Person) -> None:
    assert len((await admin_api.get(f"/keys/{person.participant}")).content) == 32
    assert (await admin_api.get("/keys/p-0000000000000000")).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arm": "surgery"}, "entry 2: the study's arms are"),
        ({"language": "fr"}, "entry 2: the study's languages are"),
        ({"study": "demo@9"}, "entry 2: no study demo@9"),
        ({"zone": "Mars/Olympus"}, "entry 2: zone must be an IANA time zone, such as Europe/Brussels"),
        ({"number": "0470 12 34 56"}, "international form"),
        ({"surprise": "1"}, "entry 2: there is no field 'surprise'"),
    ],
)
async def test_a_wrong_entry_is_named_and_nobody_is_enrolled(
    admin_api: httpx.AsyncClient, vault: Vault, change: dict[str, Any], said: str
) -> None:
    answer = await admin_api.post("/participants", json=[ENTRY, ENTRY | {"number": NUMBER} | change])
    assert answer.status_code == 422
    assert said in answer.text
    assert "7700900" not in answer.text
    assert await vault.directory.with_number(ENTRY["number"]) is None


async def test_what_is_no_list_of_entries_is_refused(admin_api: httpx.AsyncClient) -> None:
    assert (await admin_api.post("/participants", content=b"\xff{")).status_code == 422
    assert (await admin_api.post("/links", json=[{"participant": "p-0000000000000000"}])).status_code == 422


async def test_enrolment_while_kafka_is_unavailable_can_be_repeated(
    admin_api: httpx.AsyncClient, vault: Vault
) -> None:
    first = await admin_api.post("/participants", json=[ENTRY])
    assert first.status_code == 503
    assert "nothing is done twice" in first.text
    known = await vault.directory.with_number(ENTRY["number"])
    assert (await admin_api.post("/participants", json=[ENTRY])).status_code == 503
    assert await vault.directory.with_number(ENTRY["number"]) == known


async def test_a_locked_vault_asks_to_try_again(settings: Settings, study: Study, person: Person) -> None:
    """Not the answer of a mistake in the request: whoever enrols a list must know to send it once more."""
    impatient = await Vault.open(settings.vault_path, settings.secret("vault_key"), busy_seconds=0.2)
    publisher = Publisher(settings.kafka, limit=0.5)
    async with _client(settings, study, impatient, publisher) as client:
        with locked(settings):
            answer = await client.post("/participants", json=[ENTRY])
    assert answer.status_code == 503
    await publisher.close()
    await impatient.close()


def revealed(settings: Settings) -> list[dict[str, str]]:
    file = settings.home / "revealed.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_a_number_is_shown_once_it_is_recorded_who_sees_it(
    admin_api: httpx.AsyncClient, person: Person, settings: Settings
) -> None:
    asked = {"participant": person.participant, "by": "Dr Vermeulen", "reason": "call for help"}
    for _ in range(2):
        answer = await admin_api.post("/reveals", json=asked)
        assert answer.json() == {"number": NUMBER}
    first, second = revealed(settings)
    assert {name: first[name] for name in asked} == asked
    assert first["at"] <= second["at"]
    file = settings.home / "revealed.jsonl"
    assert NUMBER not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "change", [{"by": " "}, {"reason": ""}, {"by": "x" * 81}, {"participant": "p-0000000000000000"}]
)
async def test_without_who_and_why_no_number_is_shown(
    admin_api: httpx.AsyncClient, person: Person, settings: Settings, change: dict[str, str]
) -> None:
    asked = {"participant": person.participant, "by": "Dr Vermeulen", "reason": "call for help"}
    assert (await admin_api.post("/reveals", json=asked | change)).status_code == 422
    assert not (settings.home / "revealed.jsonl").exists()


async def test_a_number_that_cannot_be_accounted_for_is_not_shown(
    admin_api: httpx.AsyncClient, person: Person, settings: Settings
) -> None:
    (settings.home / "revealed.jsonl").mkdir()
    asked = {"participant": person.participant, "by": "Dr Vermeulen", "reason": "call for help"}
    answer = await admin_api.post("/reveals", json=asked)
    assert answer.status_code == 503
    assert NUMBER not in answer.text


async def test_who_attended_to_a_call_is_published_once(
    settings: Settings, study: Study, vault: Vault, person: Person
) -> None:
    kept = Kept()
    said = {"alert": str(event_id("a")), "participant": person.participant, "by": " Dr V ", "did": "called"}
    async with _client(settings, study, vault, kept) as client:
        assert (await client.post("/alerts", json=said | {"did": ""})).status_code == 422
        assert (await client.post("/alerts", json=said)).status_code == 200
        assert (await client.post("/alerts", json=said)).status_code == 200
    (event,) = kept.events
    assert isinstance(event, SafetyAttended)
    assert (str(event.alert), event.by, event.did) == (said["alert"], "Dr V", "called")
    assert event.participant == person.participant


async def test_what_one_request_may_carry_fits_what_it_is_for(
    settings: Settings, study: Study, vault: Vault
) -> None:
    """A large study's people in one request; about one person, no more than a form's answers."""
    crowd = [ENTRY | {"number": f"+447{place:09d}", "arm": "surgery"} for place in range(20_000)]
    async with _client(settings, study, vault, Kept()) as client:
        answer = await client.post("/participants", json=crowd)
        assert answer.status_code == 422
        assert "entry 1: the study's arms" in answer.text
        assert (await client.post("/participants", json=2 * crowd)).status_code == 413
        assert (await client.post("/links", content=b" " * 5_000_000)).status_code == 413
        for path in ("/pauses", "/receipts", "/alerts", "/reveals"):
            assert (await client.post(path, content=b" " * 70_000)).status_code == 413


async def test_receipts_come_page_by_page_each_once_and_in_order(
    admin_api: httpx.AsyncClient, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that share an offset: Kafka names none for a repetition that it recognises."""
    monkeypatch.setattr(ledger, "PAGE", 4)
    start = Receipt(event_id=UUID(int=0), topic=CHECKINS.name, partition=2, offset=-2, digest="")
    wanted = [
        start.model_copy(update={"event_id": uuid4(), "offset": offset, "digest": digest(str(offset))})
        for offset in (-1, -1, -1, -1, -1, 0, 3, 4, 5, 9)
    ]
    others = [wanted[0].model_copy(update={"partition": 1}), wanted[-1].model_copy(update={"topic": "a.v1"})]
    for receipt in [*others, *reversed(wanted)]:
        await vault.ledger.acknowledge(receipt.event_id, receipt)
    found, after, sizes = list[Receipt](), start, list[int]()
    while not sizes or sizes[-1]:
        answer = await admin_api.post("/receipts", json=after.model_dump(mode="json"))
        page = [Receipt.model_validate(one, strict=False) for one in answer.json()]
        sizes.append(len(page))
        found += page
        after = found[-1]
    assert sizes == [4, 4, 2, 0]
    assert found == sorted(wanted, key=lambda one: (one.offset, str(one.event_id)))


@pytest.mark.parametrize("asked", [b"", b"{}", b"[]", b'{"event_id": "x", "topic": 1}', b"\xff"])
async def test_a_page_of_receipts_after_nothing_is_refused(
    admin_api: httpx.AsyncClient, asked: bytes
) -> None:
    assert (await admin_api.post("/receipts", content=asked)).status_code == 422
