"""An internal error gets a readable response with security headers, and is logged without its message."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.kafka import Publisher
from producers.sms.providers.registry import configured_providers
from producers.vault import NewLink, Person, Vault
from schemas.clock import now
from schemas.settings import Settings
from schemas.study import Study


@pytest.fixture
async def client(settings: Settings, study: Study, vault: Vault) -> AsyncIterator[httpx.AsyncClient]:
    publisher = Publisher(settings.kafka, limit=0.5)
    application = build_gateway(
        settings, {study.ref: study}, configured_providers(settings), vault, publisher, now
    )
    transport = httpx.ASGITransport(application, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client
    await publisher.close()


async def test_an_unexpected_fault_shows_and_logs_nothing_personal(
    client: httpx.AsyncClient, vault: Vault, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = "the answers of +447700900123 were 7 3 5"

    async def broken(_: str) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr(vault.links, "find", broken)
    with caplog.at_level(logging.WARNING):
        answer = await client.get("/c/some-token")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "RuntimeError" in caplog.text
    assert "7700900" not in caplog.text
    assert "some-token" not in caplog.text


async def test_too_much_and_unreadable_bodies_are_refused(
    client: httpx.AsyncClient, vault: Vault, person: Person
) -> None:
    link = NewLink(participant=person.participant, expires_at=now().replace(year=2099))
    token = (await vault.links.create([link]))[0]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (
        await client.post(f"/c/{token}", content=b"mood=" + b"7" * 70_000, headers=form)
    ).status_code == 413
    assert (await client.post(f"/c/{token}", content=b"mood=%ff", headers=form)).status_code == 400
    assert (await client.post(f"/c/{token}", json={"mood": 7})).status_code == 415
    signed = form | {"X-Twilio-Signature": "c2lnbmVk"}
    assert (await client.post("/sms/twilio", content=b"%ff=1", headers=signed)).status_code == 400
    assert (await client.post("/sms/twilio", content=b"%ff=1", headers=form)).status_code == 403
    assert (await client.post("/sms/pigeon", content=b"7", headers=form)).status_code == 404
    assert (await client.post("/sms/twilio", data={"Body": "7 3 5"})).status_code == 403
    assert (await client.put(f"/c/{token}")).status_code == 405
