"""A conversation through a real Kannel and its own fake SMS centre, where Debian's packages are installed."""

import asyncio
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import pytest
from pydantic import SecretStr

from schemas.settings import Settings
from streams.store.client import Reader
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from tests.journeys.people import count, person, until
from wellstream.local.kafka import free_port, local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics

FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")
pytestmark = [
    pytest.mark.kafka,
    pytest.mark.journey,
    pytest.mark.skipif(
        not FAKE_SMSC.exists() or shutil.which("bearerbox") is None,
        reason="Kannel is not installed (Debian: kannel, kannel-extras)",
    ),
]
_GOT = re.compile(r"Got message \d+: <\S+ \S+ (?:text|ucs-2|data) (.*)>$")
SECRET = "an-unguessable-path-for-kannel"
NUMBER, STUDY = "+447700900301", "12345"


def configuration(folder: Path, webhook: str, smsbox: int, smsc: int, sendsms: int) -> Path:
    """Kannel's own configuration, as docs/sms.md gives it, with free ports."""
    fields = "sender=%p&to=%P&text=%b&id=%I"
    file = folder / "kannel.conf"
    file.write_text(
        f"""
group = core
admin-port = {free_port()}
admin-password = not-used
smsbox-port = {smsbox}
box-allow-ip = "127.0.0.1"
box-deny-ip = "*.*.*.*"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}

group = sendsms-user
username = wellstream
password = a-password
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{webhook}/sms/kannel/{SECRET}?{fields}"
"""
    )
    return file


@contextmanager
def process(*command: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        assert started.stdin is not None
        started.stdin.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def swallow(output: IO[str]) -> None:
    """Read what a process writes, until it ends."""

    def read() -> None:
        with output:
            for _ in output:
                pass

    threading.Thread(target=read, daemon=True).start()


class Centre:
    """The fake SMS centre: what telephones send goes in as lines, what they get comes out as lines."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        assert running.stdout is not None
        self._in = running.stdin
        self.texts: list[str] = []
        threading.Thread(target=self._read, args=(running.stdout,), daemon=True).start()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                found = re.search(
                    rf"Got message \d+: <{STUDY} \{NUMBER} (?:text|ucs-2|data) (.*)>$", line.rstrip()
                )
                if found:
                    self.texts.append(found[1])

    def say(self, words: str, expected: str | None) -> None:
        assert self._in is not None
        before = len(self.texts)
        self._in.write(f"{NUMBER.lstrip('+')} {STUDY} text {words}\n")
        self._in.flush()
        if expected is not None:
            until(lambda: any(expected in text for text in self.texts[before:]))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Settings, Centre]]:
    with local_kafka(tmp_path / "kafka") as kafka:
        asyncio.run(create_topics(kafka))
        yield from system_with_kannel(kafka, tmp_path)


def system_with_kannel(kafka: str, tmp_path: Path) -> Iterator[tuple[Settings, Centre]]:
    smsbox, smsc, sendsms = free_port(), free_port(), free_port()
    settings = with_free_ports(local_settings(tmp_path, DEMO, kafka, simulation=False)).model_copy(
        update={
            "sms_provider": "kannel",
            "sms_segments_per_second": 100.0,
            "http_sms_preset": "kannel",
            "http_sms_url": f"http://127.0.0.1:{sendsms}/cgi-bin/sendsms",
            "http_sms_user": "wellstream",
            "http_sms_password": SecretStr("a-password"),
            "http_sms_from": STUDY,
            "http_sms_secret": SecretStr(SECRET),
        }
    )
    file = str(configuration(tmp_path, settings.public_url, smsbox, smsc, sendsms))
    with ExitStack() as stack:
        wanted = [service for service in services(settings) if service.name != "dashboard"]
        stack.enter_context(Supervisor(settings.home, wanted))
        for box, port in (("bearerbox", smsbox), ("smsbox", sendsms)):
            started = stack.enter_context(process(box, file, folder=tmp_path))
            assert started.stdout is not None
            swallow(started.stdout)
            until(partial(listens, port))
        centre = stack.enter_context(
            process(str(FAKE_SMSC), "-H", "127.0.0.1", "-r", str(smsc), folder=tmp_path)
        )
        yield settings, Centre(centre)


def test_a_conversation_from_end_to_end(running: tuple[Settings, Centre]) -> None:
    settings, centre = running
    rows = Reader(settings.store_uri, settings.secret("store_token"))
    who = person(settings, NUMBER)
    centre.say("check in", "Reply with 3 numbers")
    centre.say("7 3 or 5", "not sure what you mean")
    centre.say("mood 7 stress 3 handled 5", None)
    until(lambda: count(rows, "checkins where participant = :p", p=who))
    centre.say("CHANGE stress 4", "it is changed")
    centre.say("lang ar", "%")  # Arabic arrives as UCS-2, which the fake centre prints as it is
    centre.say("STOP", "%")
    until(lambda: count(rows, "answers where participant = :p and item = 'stress' and value = 4", p=who))
    answers = rows.query("select value from answers where participant = :p order by item", p=who)
    assert list(answers["value"]) == [5, 7, 4]
    delivered = "delivery_reports where participant = :p and provider = 'kannel' and delivery = 'delivered'"
    until(lambda: count(rows, delivered, p=who) == 5)
    assert NUMBER.lstrip("+") not in "".join(
        file.read_text(errors="replace") for file in settings.home.rglob("*.log") if "kafka" not in str(file)
    )
