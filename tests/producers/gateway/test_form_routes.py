"""Misuse of the form: every response is clear, every refusal is audited, and nothing crashes."""

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from locales import form_texts
from producers.vault import Person, Vault
from producers.vault.connection import Connection
from schemas.events import CheckInSubmitted, DeadLetter, Reason, Sealed
from schemas.identity import digest
from schemas.sealing import unseal
from schemas.settings import Settings
from schemas.topics import CHECKINS, DEAD_LETTERS
from tests.producers.gateway.conftest import GOOD, Kept, minted

SAYS = form_texts("nl")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refusals(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (settings.home / "audit.jsonl").read_text().splitlines()]


@pytest.fixture
async def link(vault: Vault, person: Person) -> str:
    return await minted(vault, person)


async def test_looking_at_a_link_changes_nothing(
    client: httpx.AsyncClient, vault: Vault, kept: Kept, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview in a chat, a scanner of a mail server and a browser that reads ahead all look like this."""

    async def forbidden(*_: object) -> None:
        raise AssertionError("looking has written something")

    for name in ("first_seen", "acknowledge", "version"):
        monkeypatch.setattr(vault.ledger, name, forbidden)
    pages = [await client.get(link, headers={"Purpose": "prefetch"}) for _ in range(3)]
    assert [page.status_code for page in pages] == [200] * 3
    head = await client.head(link)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        assert (await client.request(method, link)).status_code == 405
    assert kept.events == []


async def test_every_answer_has_the_security_headers(
    client: httpx.AsyncClient, vault: Vault, person: Person, link: str
) -> None:
    answers = [
        await client.get(link),
        await client.get("/c/no-such-link"),
        await client.get("/nowhere"),
        await client.get(await minted(vault, person, -1)),
        await client.put(link),
        await client.post(link, json=GOOD),
        await client.post(link, data={"mood": "6" * 70_000}),
        await client.post(link, content=b"mood=%ff", headers=FORM),
        await client.post(link, data={"stress": "4"}),
        await client.get("/static/form.css"),
        await client.get("/static/form.js"),
        *[await client.post(link, data=GOOD) for _ in range(30)],
    ]
    assert {answer.status_code for answer in answers} == {200, 400, 404, 405, 410, 413, 415, 422, 429}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if "/static/" not in str(answer.url):
            assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("fields", "reason", "said"),
    [
        ({"stress": "4", "handled": "5"}, None, "missing"),
        ({"Action": "send"}, None, "missing"),
        (GOOD | {"mood": "11"}, Reason.OUT_OF_RANGE, "out_of_range"),
        (GOOD | {"mood": "9" * 5000}, Reason.OUT_OF_RANGE, "out_of_range"),
        (GOOD | {"mood": "\u0667"}, Reason.OUT_OF_RANGE, "out_of_range"),
        (GOOD | {"mood": ["6", "7"]}, Reason.OUT_OF_RANGE, "out_of_range"),
        (GOOD | {"coping": "secret-plan"}, Reason.OUT_OF_RANGE, "out_of_range"),
        (GOOD | {"password": "secret-plan"}, Reason.UNKNOWN_ITEM, "unknown_item"),
        (GOOD | {"__proto__": "1", "\x00": "1"}, Reason.UNKNOWN_ITEM, "unknown_item"),
        (GOOD | {"note": "x" * 1001}, None, "too_long"),
    ],
)  # fmt: skip
async def test_a_form_that_is_not_ours_is_explained_and_leaves_its_reason(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept, link: str,
    fields: dict[str, str | list[str]], reason: Reason | None, said: str,
) -> None:  # fmt: skip
    answer = await client.post(link, data=fields)
    assert answer.status_code == 422
    assert SAYS["problems_title"] in answer.text
    assert SAYS[said] in answer.text
    letters = [event for event in kept.events if isinstance(event, DeadLetter)]
    assert len(letters) == len(kept.events) == (reason is not None)
    for letter in letters:
        assert isinstance(letter, DeadLetter)
        assert (letter.reason, letter.participant) == (reason, person.participant)
        assert "secret-plan" not in letter.model_dump_json()
        sealed = Sealed.model_validate_json(letter.value or b"")
        key = await vault.keys.get(person.participant)
        assert key is not None
        assert letter.cause is not None
        opened = unseal(
            key, sealed, topic=DEAD_LETTERS.name, participant=person.participant, event_id=letter.cause
        )
        assert ["stress", "4"] in json.loads(opened)


@pytest.mark.parametrize(
    "written",
    ["\U0001f600" * 1000, "a\x00b", "\u202eevil\u2069", "<script>alert(1)</script>", "'; --", "{{7*7}}"],
)
async def test_any_words_are_kept_sealed_as_they_are(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept, link: str, written: str
) -> None:
    refused = await client.post(link, data={"note": written})
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
    assert (await client.post(link, data=GOOD | {"note": written})).status_code == 200
    (event,) = kept.events
    assert isinstance(event, CheckInSubmitted)
    note, key = event.answers["note"], await vault.keys.get(person.participant)
    assert isinstance(note, Sealed)
    assert key is not None
    where = {"topic": CHECKINS.name, "participant": person.participant, "event_id": event.event_id}
    assert unseal(key, note, **where) == written  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"mood=" + b"7" * 1_000_000, FORM["Content-Type"], 413, "too_large"),
        (b"&".join([b"a=1"] * 501), FORM["Content-Type"], 400, "resend"),
        (b"mood=%ff", FORM["Content-Type"], 400, "resend"),
        (b'{"mood": 7}', "application/json", 415, "resend"),
        (b"mood=7", "multipart/form-data; boundary=x", 415, "resend"),
        (b"mood=7", "", 415, "resend"),
    ],
)
async def test_a_body_that_is_no_form_is_answered_in_the_persons_language(
    client: httpx.AsyncClient, kept: Kept, link: str, settings: Settings,
    body: bytes, kind: str, status: int, said: str,
) -> None:  # fmt: skip
    answer = await client.post(link, content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert SAYS[said] in answer.text
    assert [line["status"] for line in refusals(settings)] == [status]
    assert kept.events == []


async def test_a_refused_form_is_recorded_in_the_audit_log_alone(
    client: httpx.AsyncClient, vault: Vault, person: Person, kept: Kept, settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    old = await minted(vault, person, -1)
    with caplog.at_level(logging.INFO, "producers"):
        for answer in (await client.get(old), await client.post(old, data=GOOD)):
            assert answer.status_code == 410
            assert SAYS["expired"] in answer.text
    recorded = [(line["reason"], line["participant"]) for line in refusals(settings)]
    assert recorded == [("the link has expired", person.participant)] * 2
    assert old.removeprefix("/c/") not in (settings.home / "audit.jsonl").read_text()
    assert caplog.text == ""
    assert kept.events == []


async def test_guessing_is_answered_recorded_and_then_stopped(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    asked = [client.post(f"/c/guess-{number}", data=GOOD) for number in range(25)]
    answers = sorted(await asyncio.gather(*asked), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 5
    for language in ("en", "nl", "ar"):
        assert form_texts(language)["unknown_title"] in answers[0].text
        assert form_texts(language)["too_often_title"] in answers[-1].text
    assert [line["status"] for line in refusals(settings)] == [404] * 20
    assert "guess-" not in (settings.home / "audit.jsonl").read_text()


async def test_a_guess_that_is_nearly_right_is_looked_up_like_any_other(
    client: httpx.AsyncClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only hashes are compared, so the time an answer takes says nothing of how near a guess was."""
    asked: list[tuple[str, tuple[str, ...]]] = []
    row = Connection.row

    def noted(connection: Connection, query: str, *values: str) -> object:
        asked.append((query, values))
        return row(connection, query, *values)

    monkeypatch.setattr(Connection, "row", noted)
    token = link.removeprefix("/c/")
    for guess in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x" * len(token)):
        assert (await client.get(f"/c/{guess}")).status_code == 404
        ((query, values),) = asked
        assert values == (digest(guess),)
        assert "token_hash = ?" in query
        asked.clear()


async def test_a_second_tab_gets_the_page_for_answers_that_came_too_late(
    client: httpx.AsyncClient, kept: Kept, link: str
) -> None:
    assert SAYS["thanks"] in (await client.post(link, data=GOOD)).text
    assert SAYS["thanks"] in (await client.post(link, data=GOOD)).text
    for other in (GOOD | {"mood": "1"}, {"mood": "1"}, {"password": "x"}):
        late = await client.post(link, data=other)
        assert late.status_code == 200
        assert SAYS["already"] in late.text
    assert SAYS["thanks"] in (await client.post(link, data=GOOD)).text
    assert len(kept.events) == 1


@pytest.mark.parametrize("path", ["/c/x/", "/healthz/", "//evil.example/c/x", "/static/form.css/"])
async def test_nobody_is_sent_to_whatever_host_says(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "evil" not in answer.text
