"""A reply goes to its person once, in their language; a late, unreadable or refused one is never repeated."""

import asyncio
import base64
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest

from producers.people import Person
from producers.publisher import Publisher
from producers.sender import Sender
from producers.vault import Vault
from schemas.clock import now
from schemas.events import ReplyRequested
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import REPLIES
from tests.producers.conftest import NUMBER

pytestmark = pytest.mark.kafka


class Provider(ThreadingHTTPServer):
    """A stand-in for Twilio's REST interface: wants the login, notes the texts, refuses the first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Messages)
        self.texts: list[dict[str, str]] = []
        self.logins: set[str] = set()


class _Messages(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        provider = self.server
        assert isinstance(provider, Provider)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        provider.texts.append(dict(parse_qsl(body)))
        provider.logins.add(self.headers["Authorization"])
        self.send_response(500 if len(provider.texts) == 1 else 201)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def publisher(broker: str) -> AsyncIterator[Publisher]:
    opened = Publisher(broker)
    yield opened
    await opened.close()


async def test_each_reply_is_sent_once(
    broker: str,
    settings: Settings,
    study: Study,
    vault: Vault,
    person: Person,
    publisher: Publisher,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = settings.model_copy(
        update={"kafka": broker, "twilio_api_url": f"http://127.0.0.1:{provider.server_port}"}
    )

    def reply(cause: str, name: str = "not_understood", minutes: int = 0) -> ReplyRequested:
        return ReplyRequested(
            event_id=event_id("reply", cause),
            study=study.ref,
            participant=person.participant,
            occurred_at=now(),
            recorded_at=now() - timedelta(minutes=minutes),
            zone=person.zone,
            cause=event_id("twilio", cause),
            language=person.language,
            reply=name,
        )

    refused, first, late, odd, last = (
        reply("refused"), reply("first"), reply("late", minutes=16), reply("odd", "no-such"), reply("last"),
    )  # fmt: skip
    for event in (refused, first, late, first, odd, refused, last):
        await publisher.publish(REPLIES.name, event)
    await publisher.put(REPLIES.name, person.participant.encode(), b"poison")
    sender = asyncio.create_task(Sender(settings, {study.ref: study}, vault, publisher, now).run())
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(30):
            while len(provider.texts) < 3:
                await asyncio.sleep(0.05)
    sender.cancel()
    await asyncio.wait({sender})
    expected = study.in_language(study.texts["not_understood"], "nl")
    assert provider.texts == [{"To": NUMBER, "From": "+447700900999", "Body": expected}] * 3
    assert provider.logins == {"Basic " + base64.b64encode(b"ACtest:twilio's token").decode()}
    assert "refused a reply: 500" in caplog.text
    assert "7700900" not in caplog.text
