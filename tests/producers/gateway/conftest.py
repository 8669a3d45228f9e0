"""The public app, asked without a network, with a Kafka that keeps what it is given."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher
from producers.sms.providers.registry import Registry
from producers.vault import NewLink, Person, Vault
from schemas.clock import now
from schemas.codec import encode
from schemas.events import Event
from schemas.identity import digest, event_id
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import topic_of

GOOD = {"mood": "6", "stress": "4", "handled": "5"}


class Kept(Publisher):
    """A Kafka that takes everything."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1:1")
        self.events: list[Event] = []

    async def publish(self, event: Event) -> Receipt:
        self.events.append(event)
        return Receipt(
            event_id=event.event_id, topic=topic_of(event).name, partition=0, offset=len(self.events) - 1,
            digest=digest(encode(event)),
        )  # fmt: skip


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def client(
    settings: Settings, study: Study, vault: Vault, kept: Kept
) -> AsyncIterator[httpx.AsyncClient]:
    app = build_gateway(settings, {study.ref: study}, Registry(), vault, kept, now)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


async def minted(vault: Vault, person: Person, hours: int = 1) -> str:
    wanted = NewLink(
        participant=person.participant,
        prompt_id=event_id("prompt", str(hours)),
        expires_at=now() + timedelta(hours=hours),
    )
    return f"/c/{(await vault.links.create([wanted]))[0]}"
