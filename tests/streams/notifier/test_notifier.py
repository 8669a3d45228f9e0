"""Staff are told of each call for help once, through a real mail server and a real web server."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from producers.kafka import Publisher
from schemas.clock import now
from schemas.codec import encode
from schemas.events import Event, SafetyAttended, SafetyRaised
from schemas.identity import event_id, new_pseudonym
from schemas.settings import MissingSetting, Settings
from streams.notifier.channels import Channel, Email, NotTold, Webhook, channels
from streams.notifier.message import Call
from streams.notifier.service import KEPT, Calls, serve_notifier
from streams.notifier.told import Told

WEBHOOK_KEY = "a webhook's secret of some length"


class Mailbox:
    """What a mail server received; it refuses the first `refusals` e-mails."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.refusals = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 try again later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = "".join(f"{name}: {value}\n" for name, value in message.items())
        self.mails.append(text + "\n" + message.get_content())
        return "250 OK"


class Site:
    """A web server that receives webhooks; it answers the first `refusals` with 500."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.refusals = 0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refused, site.refusals = site.refusals > 0, max(site.refusals - 1, 0)
                if not refused:
                    site.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(500 if refused else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
async def settings(tmp_path: Path, mailbox: Mailbox, site: Site) -> AsyncIterator[Settings]:
    mail = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    yield Settings(
        home=tmp_path, staff_emails="duty@example.org, lead@example.org", smtp_host="127.0.0.1",
        smtp_port=mail.sockets[0].getsockname()[1], smtp_tls="none", smtp_from="study@example.org",
        staff_webhook_url=f"http://127.0.0.1:{site.server.server_address[1]}/hook",
        staff_webhook_secret=SecretStr(WEBHOOK_KEY), dashboard_url="https://dash.example.org/",
    )  # fmt: skip
    mail.close()
    await mail.wait_closed()


def raised(name: str, at: datetime | None = None) -> SafetyRaised:
    moment = at or now()
    return SafetyRaised(
        event_id=event_id("alert", name), study="demo@3", participant="p-0123456789abcdef",
        occurred_at=moment, recorded_at=moment, zone="Europe/Brussels", cause=event_id("cause", name),
        rule="en-5",
    )  # fmt: skip


def attended(alert: SafetyRaised) -> SafetyAttended:
    common = alert.model_dump(include={"study", "participant", "occurred_at", "recorded_at", "zone"})
    return SafetyAttended.model_validate(
        common | {"event_id": event_id("attended"), "alert": alert.event_id, "by": "Dr V", "did": "called"}
    )


def records(*events: Event) -> list[ConsumerRecord]:
    values = [b"\xff not an event", *map(encode, events)]
    return [
        ConsumerRecord(
            topic="safety.alerts.v1", partition=0, offset=place, timestamp=0, timestamp_type=0, key=None,
            value=value, checksum=None, serialized_key_size=0, serialized_value_size=len(value), headers=(),
        )
        for place, value in enumerate(values)
    ]  # fmt: skip


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.01)


class Telling:
    """Runs `Calls.tell` for some channels while it is entered."""

    def __init__(self, settings: Settings, ways: Sequence[Channel]) -> None:
        self._told = Told(settings.home / "notifier.db", now() - 10 * KEPT)
        self.calls = Calls(self._told, now, first_wait=0.01)
        self._ways = ways

    async def tell(self, *events: Event) -> None:
        """Take in events, and wait until every channel has told of the last one."""
        await self.calls.learn(records(*events))
        await until(lambda: all(self._told.has(way.name, events[-1].event_id) for way in self._ways))

    async def __aenter__(self) -> "Telling":
        self._tasks = [asyncio.create_task(self.calls.tell(way)) for way in self._ways]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._told.close()


async def test_an_email_says_who_calls_and_where_to_look_and_nothing_of_what_was_written(
    settings: Settings, mailbox: Mailbox, site: Site
) -> None:
    async with Telling(settings, channels(settings, now)) as telling:
        await telling.tell(raised("one"))
    (mail,) = mailbox.mails
    assert "To: duty@example.org, lead@example.org" in mail
    assert "From: study@example.org" in mail
    assert "1 participant needs somebody to look" in mail
    assert "https://dash.example.org/participant?participant=p-0123456789abcdef" in mail
    assert str(event_id("alert", "one"))[:8] in mail
    ((headers, body),) = site.posts
    for told in (mail, body.decode()):
        assert "en-5" not in told
        assert "+44" not in told
    assert json.loads(body)["calls"][0]["participant"] == "p-0123456789abcdef"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(WEBHOOK_KEY.encode(), signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_each_call_is_told_once_also_after_a_restart(
    settings: Settings, mailbox: Mailbox, site: Site
) -> None:
    one, two = raised("one"), raised("two")
    async with Telling(settings, channels(settings, now)) as telling:
        await telling.tell(one, one)
    async with Telling(settings, channels(settings, now)) as telling:
        await telling.tell(one, two)
    assert len(mailbox.mails) == len(site.posts) == 2
    assert str(two.event_id)[:8] in mailbox.mails[1]
    assert str(one.event_id)[:8] not in mailbox.mails[1]


async def test_what_fails_is_told_later_and_does_not_hold_up_the_other_channel(
    settings: Settings, mailbox: Mailbox, site: Site
) -> None:
    mailbox.refusals, site.refusals = 3, 1
    async with Telling(settings, channels(settings, now)) as telling:
        await telling.tell(raised("one"))
    assert (mailbox.refusals, site.refusals) == (0, 0)


async def test_who_was_attended_to_or_called_long_ago_is_not_told_of(
    settings: Settings, mailbox: Mailbox
) -> None:
    looked_after, old = raised("one"), raised("old", now() - KEPT - timedelta(minutes=1))
    async with Telling(settings, [Email(settings)]) as telling:
        await telling.tell(looked_after, attended(looked_after), looked_after, old, raised("new"))
    assert str(event_id("alert", "new"))[:8] in mailbox.mails[0]
    assert "1 participant" in mailbox.mails[0]
    assert mailbox.mails[0].count("participant?participant=") == 1


async def test_many_calls_at_once_are_a_few_messages(settings: Settings, mailbox: Mailbox) -> None:
    many = [raised(str(number)) for number in range(120)]
    async with Telling(settings, [Email(settings)]) as telling:
        await telling.tell(*many)
    told = "".join(mailbox.mails)
    assert all(told.count(str(call.event_id)[:8]) >= 1 for call in many)


async def test_a_server_that_is_not_there_or_speaks_no_smtp_is_an_ordinary_failure(
    settings: Settings, site: Site
) -> None:
    call = Call(event_id("x"), "p-0123456789abcdef", "demo@3", now(), now())
    gone: Sequence[dict[str, object]] = (
        {"smtp_port": 1}, {"smtp_tls": "starttls"}, {"smtp_host": "no host"},
    )  # fmt: skip
    for change in gone:
        with pytest.raises(NotTold):
            await Email(settings.model_copy(update=change)).tell([call])
    for url in ("http://127.0.0.1:1/", "http://[::1", "ftp://nowhere", f"{settings.staff_webhook_url}\x00"):
        with pytest.raises(NotTold):
            await Webhook(settings.model_copy(update={"staff_webhook_url": url}), now).tell([call])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"staff_emails": "nobody"}, "no e-mail address"),
        ({"smtp_host": ""}, "WELLSTREAM_SMTP_HOST"),
        ({"smtp_password": SecretStr("x")}, "in the clear"),
        ({"staff_webhook_secret": None}, "staff_webhook_secret"),
    ],
)
def test_a_channel_that_is_half_set_up_is_refused(
    settings: Settings, change: dict[str, object], said: str
) -> None:
    with pytest.raises(MissingSetting, match=said):
        channels(settings.model_copy(update=change), now)


async def test_the_service_follows_kafka(
    broker: str, settings: Settings, mailbox: Mailbox, site: Site
) -> None:
    ours = settings.model_copy(update={"kafka": broker})
    call = raised(new_pseudonym()).model_copy(update={"participant": new_pseudonym()})
    service = asyncio.create_task(serve_notifier(ours))
    publisher = Publisher(broker)
    try:
        await until(lambda: (ours.home / "notifier.ready").exists() or service.done())
        await publisher.publish(call)
        await until(lambda: any(call.participant in mail for mail in mailbox.mails) or service.done())
        await until(lambda: any(call.participant.encode() in body for _, body in site.posts))
    finally:
        service.cancel()
        with suppress(asyncio.CancelledError):
            await service
        await publisher.close()
