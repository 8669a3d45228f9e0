"""The admin API opens to its token alone, says which entry is wrong, and never repeats a number."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from producers.gateway.admin_api import build_admin_api
from producers.kafka.publisher import Publisher
from producers.sms.providers.registry import chosen_gateways
from producers.vault.people import Person
from producers.vault.vault import Vault
from schemas.clock import now
from schemas.settings import Settings
from schemas.study import Study
from tests.producers.conftest import NUMBER

ENTRY = {
    "number": "+447700900124",
    "study": "demo@2",
    "arm": "cbt",
    "language": "en",
    "zone": "Europe/London",
    "start_date": "2026-06-01",
}


@pytest.fixture
async def desk(settings: Settings, study: Study, vault: Vault) -> AsyncIterator[httpx.AsyncClient]:
    """The admin API without a Kafka behind it."""
    publisher = Publisher(settings.kafka, limit=0.5)
    application = build_admin_api(
        settings, {study.ref: study}, chosen_gateways(settings), vault, publisher, now
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://desk",
        headers={"Authorization": f"Bearer {settings.secret('admin_token')}"},
    ) as client:
        yield client
    await publisher.close()


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "the admin API's token"])
async def test_without_the_token_nothing_is_said(desk: httpx.AsyncClient, person: Person, token: str) -> None:
    for path in (f"/keys/{person.participant}", "/participants", "/nowhere"):
        answer = await desk.get(path, headers={"Authorization": token})
        assert answer.status_code == 401


async def test_a_key_is_given_and_an_unknown_one_is_not(desk: httpx.AsyncClient, person: Person) -> None:
    assert len((await desk.get(f"/keys/{person.participant}")).content) == 32
    assert (await desk.get("/keys/p-0000000000000000")).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arm": "surgery"}, "entry 2: the study's arms are"),
        ({"language": "fr"}, "entry 2: the study's languages are"),
        ({"study": "demo@9"}, "entry 2: no study demo@9"),
        ({"zone": "Mars/Olympus"}, "entry 1.zone"),
        ({"number": "0470 12 34 56"}, "international form"),
        ({"surprise": "1"}, "entry 1.surprise"),
    ],
)
async def test_a_wrong_entry_is_named_and_nobody_is_enrolled(
    desk: httpx.AsyncClient, vault: Vault, change: dict[str, Any], said: str
) -> None:
    answer = await desk.post("/participants", json=[ENTRY, ENTRY | {"number": NUMBER} | change])
    assert answer.status_code == 422
    assert said in answer.text
    assert "7700900" not in answer.text
    assert await vault.resolve(ENTRY["number"]) is None


async def test_what_is_no_list_of_entries_is_refused(desk: httpx.AsyncClient) -> None:
    assert (await desk.post("/participants", content=b"\xff{")).status_code == 422
    assert (await desk.post("/links", json=[{"participant": "p-0000000000000000"}])).status_code == 422


async def test_enrolment_while_kafka_is_away_says_so_and_can_be_repeated(
    desk: httpx.AsyncClient, vault: Vault
) -> None:
    first = await desk.post("/participants", json=[ENTRY])
    assert first.status_code == 503
    assert "not done twice" in first.text
    known = await vault.resolve(ENTRY["number"])
    assert (await desk.post("/participants", json=[ENTRY])).status_code == 503
    assert await vault.resolve(ENTRY["number"]) == known
