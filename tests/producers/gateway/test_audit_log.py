"""A refused request leaves a reason in the audit log, nothing personal, and a bounded number of lines."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from producers.gateway.app import build_gateway
from producers.gateway.audit_log import AuditLog
from producers.kafka import Publisher
from producers.sms.providers.registry import Registry
from producers.vault import NewLink, Person, Vault
from schemas.settings import Settings
from schemas.study import Study
from tests.producers.sms.providers.kits import KITS, PUBLIC, TelnyxKit, TwilioKit, kit_name

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
STRANGER = "+447700900999"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Watched:
    """A gateway with every provider, and its audit."""

    client: httpx.AsyncClient
    vault: Vault
    person: Person
    file: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    @property
    def last(self) -> tuple[str, int, str]:
        line = self.lines()[-1]
        return line["endpoint"], line["status"], line["reason"]


@pytest.fixture
async def watched(settings: Settings, study: Study, vault: Vault, person: Person) -> AsyncIterator[Watched]:
    publisher = Publisher(settings.kafka, limit=0.2)
    settings = settings.model_copy(update={"public_url": PUBLIC, "trusted_proxies": "10.0.0.0/8"})
    registry = Registry({kit.name: kit.adapter() for kit in KITS if not kit_name(kit).endswith("-hmac")})
    gateway = build_gateway(settings, {study.ref: study}, registry, vault, publisher, lambda: NOON)
    transport = httpx.ASGITransport(gateway, client=("10.0.0.7", 1))
    headers = {"X-Forwarded-For": "203.0.113.9"}
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers) as client:
        yield Watched(client, vault, person, settings.home / "audit.jsonl")
    await publisher.close()


@pytest.mark.slow
async def test_forged_and_unreadable_webhooks_leave_a_reason(watched: Watched) -> None:
    post = watched.client.post
    await post("/sms/twilio", data={"From": STRANGER, "Body": "private words"})
    assert watched.last == ("sms/twilio", 403, "there is no X-Twilio-Signature")
    await post("/sms/twilio", data={"Body": "7"}, headers={"X-Twilio-Signature": "forged"})
    assert watched.last == ("sms/twilio", 403, "the signature is not Twilio's")
    old = TelnyxKit().old()
    await post("/sms/telnyx", content=old.body, headers=dict(old.headers))
    assert watched.last == ("sms/telnyx", 403, "the signature is not Telnyx's, or it is too old")
    overflowing = {"Telnyx-Timestamp": "9" * 400, "Telnyx-Signature-Ed25519": "x"}
    await post("/sms/telnyx", content=b"{}", headers=overflowing)
    assert watched.last[:2] == ("sms/telnyx", 403)
    await watched.client.get("/sms/kannel/a-guessed-secret?sender=%2B1&text=private&id=1")
    assert watched.last == ("sms/kannel", 403, "the path does not end in the secret")
    signed = TwilioKit().unreadable()
    await post("/sms/twilio", content=signed.body, headers=dict(signed.headers) | FORM)
    assert watched.last == ("sms/twilio", 400, "there is no MessageSid")
    await post("/sms/twilio", content="Body=7".encode("utf-16"), headers={"X-Twilio-Signature": "x"} | FORM)
    assert watched.last == ("sms/twilio", 400, "the body is no form")
    await post("/sms/twilio", content=b"Body=" + b"7" * 70_000, headers=FORM)
    assert watched.last == ("sms/twilio", 413, "too large")
    assert watched.lines()[-1]["bytes"] >= 70_000


async def test_unknown_numbers_and_reports_are_recorded(watched: Watched) -> None:
    text = TwilioKit().text(STRANGER, "private words", "SM1")
    answer = await watched.client.post("/sms/twilio", content=text.body, headers=dict(text.headers) | FORM)
    assert answer.status_code == 200
    assert watched.last == ("sms/twilio", 200, "the number takes no part")


async def test_wrong_links_and_places_are_noted(watched: Watched) -> None:
    await watched.client.get("/c/a-token-that-somebody-guessed")
    assert watched.last == ("form", 404, "no such page or link")
    past = NewLink(participant=watched.person.participant, expires_at=NOON - timedelta(hours=1))
    (token,) = await watched.vault.links.create([past])
    await watched.client.get(f"/c/{token}")
    assert watched.last == ("form", 410, "the link has expired")
    assert watched.lines()[-1]["participant"] == watched.person.participant
    await watched.client.post("/sms/pigeon/a-secret-of-another-gateway", content=b"7")
    assert watched.last == ("other", 404, "no such page or link")
    await watched.client.get("/admin.php?password=guessed")
    assert watched.last == ("other", 404, "no such page or link")
    await watched.client.get("/healthz")
    assert len(watched.lines()) == 4


@pytest.mark.slow
async def test_a_line_contains_no_number_text_token_or_full_address(watched: Watched) -> None:
    await test_forged_and_unreadable_webhooks_leave_a_reason(watched)
    await test_unknown_numbers_and_reports_are_recorded(watched)
    await watched.client.get("/c/a-guessed-token")
    written = watched.file.read_text()
    for secret in ("7700900", "private", "guessed", "forged", "203.0.113.9", "10.0.0.7"):
        assert secret not in written
    assert {line["network"] for line in watched.lines()} == {"203.0.113.0/24"}


async def test_a_flood_is_counted_and_hides_no_other_endpoint(watched: Watched) -> None:
    for _ in range(200):
        await watched.client.post("/sms/twilio", data={"Body": "7"})
    await watched.client.post("/sms/telnyx", content=b"{}")
    lines = watched.lines()
    assert [line["endpoint"] for line in lines].count("sms/twilio") == 20
    assert lines[-1]["endpoint"] == "sms/telnyx"


def test_omitted_lines_are_counted_and_the_file_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.gateway.audit_log._LARGEST", 5_000)
    at = NOON
    audit = AuditLog(tmp_path / "state" / "audit.jsonl", lambda: at)
    for _ in range(60):
        for _ in range(30):
            audit.record("sms/twilio", 403, "forged", "", 9)
        at += timedelta(minutes=1)
    files = sorted((tmp_path / "state").iterdir())
    assert [file.name for file in files] == ["audit.1.jsonl", "audit.jsonl"]
    assert sum(file.stat().st_size for file in files) < 11_000
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert {line["left_out_before"] for line in lines} == {0, 10}


def test_a_folder_that_cannot_be_written_to_breaks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a-file").touch()
    AuditLog(tmp_path / "a-file" / "audit.jsonl", lambda: NOON).record("form", 404, "no such link", "", 0)
    assert "no such link" in caplog.text
