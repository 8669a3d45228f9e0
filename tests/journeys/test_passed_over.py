"""A stream that skips every third event loses none: the worker reads them from Kafka."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.settings import Settings
from streams.store.client import Reader
from streams.store.reconcile import reconcile_with_topics
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from tests.journeys.people import count, person, text, until
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.journey]
NUMBERS = ["+447700900401", "+447700900402", "+447700900403"]
EACH = 6
"""A multiple of three, so that no partition's last event is passed over."""


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Settings]:
    with local_kafka(tmp_path / "kafka") as kafka:
        asyncio.run(create_topics(kafka))
        settings = with_free_ports(local_settings(tmp_path, DEMO, kafka, simulation=True))
        usual = {service.name: service for service in services(settings)}
        worker = replace(usual["worker"], command=[sys.executable, "-m", "tests.journeys.forgetful"])
        with Supervisor(settings.home, [usual["store"], usual["gateway"], worker]):
            yield settings


def test_what_a_stream_passes_over_is_not_lost(forgetful: Settings) -> None:
    for number in NUMBERS:
        person(forgetful, number)
        for place in range(EACH):
            assert text(forgetful, number, f"{place} 3 5", f"SM-{number}-{place}").status_code == 200
    rows = Reader(forgetful.store_uri, forgetful.secret("store_token"))
    until(lambda: count(rows, "checkins") == len(NUMBERS) * EACH)
    until(lambda: rows.query("select count(distinct checkin) as n from indicators")["n"][0] == 18)
    assert count(rows, "message_classifications where intent = 'answer'") == len(NUMBERS) * EACH
    assert str(asyncio.run(reconcile_with_topics(forgetful.kafka, rows.query))).endswith("lost=0")
    assert "Faust skipped" in (forgetful.home / "logs" / "worker.log").read_text()
