"""Kafka goes away under a running gateway and comes back: nobody is told what is not so, nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from schemas.codec import decode
from schemas.events import CheckInSubmitted, Event
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS, MESSAGES, Topic
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from tests.journeys.people import form_link, person, text, until
from wellstream.local.kafka import free_port, kafka_service
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(240)]
ANSWERS = {"mood": "6", "stress": "4", "handled": "5"}


@contextmanager
def gateway(settings: Settings) -> Iterator[None]:
    wanted = [service for service in services(settings) if service.name == "gateway"]
    with Supervisor(settings.home, wanted):
        yield


async def test_an_outage_is_said_in_words_and_what_is_sent_again_lands_once(tmp_path: Path) -> None:
    port = free_port()
    settings = with_free_ports(local_settings(tmp_path, DEMO, f"127.0.0.1:{port}", simulation=False))
    broker = Supervisor(tmp_path / "kafka", [kafka_service(tmp_path / "kafka", port)])
    with broker:
        await create_topics(settings.kafka)
        with gateway(settings):
            participant = person(settings, "+447700900001", "nl")
            link = form_link(settings, participant)
            assert text(settings, "+447700900001", "7 3 5", "SM1").status_code == 200
            broker.__exit__()
            while_away(settings, link)
            with Supervisor(tmp_path / "kafka", [kafka_service(tmp_path / "kafka", port)]):
                until(lambda: text(settings, "+447700900001", "8 3 5", "SM2").status_code == 200, 60)
                # They change their mind before they send it again: the later version holds.
                changed = ANSWERS | {"mood": "7"}
                assert httpx.post(link, data=changed, timeout=10).status_code == 200
                assert httpx.post(link, data=ANSWERS, timeout=10).status_code == 200
                assert "Dank" in httpx.get(link, timeout=10).text
                assert httpx.get(f"{settings.public_url}/readyz", timeout=10).status_code == 200
                texts, forms = await events_on(settings, MESSAGES), await events_on(settings, CHECKINS)
    # A record may stand twice, if Kafka had it and died before saying so; its id is one.
    assert set(texts) == {event_id("twilio", sid) for sid in ("SM1", "SM2")}
    final = max(
        (form for form in forms.values() if isinstance(form, CheckInSubmitted)), key=lambda f: f.version
    )
    assert len({form.checkin for form in forms.values() if isinstance(form, CheckInSubmitted)}) == 1
    assert (final.version, final.answers["mood"]) == (2, 7)
    assert final.occurred_at < final.recorded_at
    log = (tmp_path / "logs" / "gateway.log").read_text()
    assert "Traceback" not in log
    assert "7700900" not in log


def while_away(settings: Settings, link: str) -> None:
    # Refused within the ten seconds that a provider and a browser wait at least, rather than left hanging.
    refused = text(settings, "+447700900001", "8 3 5", "SM2")
    assert refused.status_code == 503
    assert "Thank" not in refused.text
    page = httpx.post(link, data=ANSWERS, timeout=10)
    assert page.status_code == 503
    assert "Nog niet bewaard" in page.text
    assert page.text.count("checked") == len(ANSWERS)
    assert "Dank" not in httpx.get(link, timeout=10).text
    assert httpx.get(f"{settings.public_url}/readyz", timeout=10).json()["kafka"] == "not ready"
    assert httpx.get(f"{settings.public_url}/healthz", timeout=10).status_code == 200


async def events_on(settings: Settings, topic: Topic) -> dict[UUID, Event]:
    found: dict[UUID, Event] = {}
    async for record in read_to_end(settings.kafka, (topic,)):
        event = decode(record.value)
        found[event.event_id] = event
    return found
