"""Conversations by SMS through the running system, whose worker is killed in the middle of them."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from schemas.settings import Settings
from streams.store.client import Reader
from tests.conftest import DEMO
from tests.journeys.conftest import with_free_ports
from tests.journeys.people import count, person, until
from wellstream.local.kafka import local_kafka
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.phone import Phone
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.journey]
CRISIS = "This is not an emergency service"


def study_that_asks_one_by_one(folder: Path) -> Path:
    yaml = YAML()
    tree = yaml.load(DEMO.read_text(encoding="utf-8"))
    tree["id"], tree["conversation"] = "one-by-one", {"ask": "each"}
    file = folder / "one-by-one.yaml"
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(tree, out)
    return file


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A system on a Kafka of its own: two workers on one would share work for which only one has the keys."""
    home = tmp_path_factory.mktemp("home-that-talks")
    study = study_that_asks_one_by_one(home)
    with local_kafka(home / "kafka") as kafka:
        asyncio.run(create_topics(kafka))
        settings = with_free_ports(local_settings(home, study, kafka, simulation=True))
        wanted = [service for service in services(settings) if service.name != "dashboard"]
        with Supervisor(settings.home, wanted):
            yield settings


@pytest.fixture
def rows(talking: Settings) -> Reader:
    return Reader(talking.store_uri, talking.secret("store_token"))


class Caller:
    """A telephone that waits for what it expects to hear."""

    def __init__(self, settings: Settings, number: str) -> None:
        self.participant = person(settings, number)
        self._phone = Phone(settings, number)
        self.heard: list[str] = []

    def say(self, words: str, expected: str | None) -> None:
        assert self._phone.text(words) == ""
        if expected is not None:
            until(lambda: self._heard(expected))

    def _heard(self, expected: str) -> bool:
        self.heard += self._phone.fetch()
        return any(expected in words for words in self.heard[-1:])


def kill_worker(settings: Settings) -> None:
    listed = json.loads((settings.home / "services.json").read_text())["services"]
    pid = next(service["pid"] for service in listed if service["name"] == "worker")
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.3)  # so that the next text finds no worker


def test_one_question_at_a_time_over_the_worker_s_death(talking: Settings, rows: Reader) -> None:
    caller = Caller(talking, "+447700900201")
    caller.say("check in", "How is your mood right now?")
    caller.say("seven", "How stressed do you feel?")
    kill_worker(talking)
    caller.say("not 3", "not sure what you mean")
    caller.say("٣", "How well did you handle")
    kill_worker(talking)
    caller.say("5/10", "Thank you.")
    caller.say("CHANGE mood 4", "it is changed")
    who = caller.participant
    until(lambda: count(rows, "checkin_versions where participant = :p and version = 4", p=who))
    found = rows.query("select item, value from answers where participant = :p order by item", p=who)
    assert dict(zip(found["item"], found["value"], strict=True)) == {"handled": 5, "mood": 4, "stress": 3}
    assert count(rows, "checkins where participant = :p", p=who) == 1
    assert count(rows, "dead_letters where participant = :p", p=who) == 1
    said = rows.query(
        "select intent from message_classifications where participant = :p order by occurred_at", p=who
    )
    assert list(said["intent"]) == ["begin", "answer", "unclear", "answer", "answer", "correction"]
    assert sum("How stressed" in words for words in caller.heard) == 2


def test_a_word_of_crisis_gets_help_at_once_and_pauses_prompts(talking: Settings, rows: Reader) -> None:
    caller = Caller(talking, "+447700900202")
    caller.say("I want to die", CRISIS)
    who = caller.participant
    until(lambda: count(rows, "safety_alerts where participant = :p and \"rule\" = 'en-5'", p=who))
    until(lambda: count(rows, "pauses where participant = :p and paused and reason = 'crisis'", p=who))


def test_stop_is_kept_and_start_goes_on(talking: Settings, rows: Reader) -> None:
    caller = Caller(talking, "+447700900203")
    caller.say("STOP please", "no more messages")
    caller.say("check in", None)
    who = caller.participant
    withheld = "delivery_reports where participant = :p and delivery = 'withheld' and code = 'no_consent'"
    until(lambda: count(rows, withheld, p=who))
    caller.say("START", "again")
    statuses = "consents where participant = :p"
    until(lambda: count(rows, statuses, p=who) == 3)
    caller.say("lang nl", "Hoe is je stemming")
    until(lambda: count(rows, "languages where participant = :p", p=who))


def test_the_third_misunderstanding_gets_a_link_that_works(talking: Settings, rows: Reader) -> None:
    caller = Caller(talking, "+447700900204")
    caller.say("blah", "could not read")
    caller.say("blub", "could not read")
    caller.say("hm", "/c/")
    address = next(word for word in caller.heard[-1].split() if "/c/" in word)
    assert httpx.get(address).status_code == 200
    caller.say("still nothing", None)
    until(lambda: count(rows, "dead_letters where participant = :p", p=caller.participant) == 4)
    assert len(caller.heard) == 3
