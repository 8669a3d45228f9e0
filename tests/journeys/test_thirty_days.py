"""A study of thirty days in seconds: planner, dispatcher, form, a real broker, and time as a parameter."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from producers.gateway.admin_api import build_admin_api
from producers.gateway.app import build_gateway
from producers.kafka.publisher import Publisher
from producers.kafka.studies import announce
from producers.sms.dispatcher import Dispatcher
from producers.sms.providers.fake import FakeProvider
from producers.sms.providers.registry import Registry
from producers.vault import Vault
from schemas.events import CheckInSubmitted, DayPlanned, DeliveryReported, PromptClosed, PromptSent
from schemas.settings import Settings
from schemas.study import Schedule, Study
from schemas.study.file import load_study
from schemas.topic_log import TopicReader
from schemas.topics import CHECKINS, CONSENTS, DELIVERY_REPORTS, PARTICIPANTS, PROMPTS, TEXTS
from streams.scheduling.service import Planner
from tests.conftest import DEMO
from tests.producers.topics import on_topic
from wellstream.local.kafka import local_kafka
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.journey]
DAYS = 30
_POLL_MS = 20
START = datetime(2026, 10, 10, 5, 0, tzinfo=UTC)
ZONES = ["Europe/Brussels", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
_OUTAGES = [timedelta(days=6, hours=9), timedelta(days=15, hours=20)]
_OUTAGE_LASTS = timedelta(hours=17)


def the_study() -> Study:
    study = load_study(DEMO)
    rule = {"kind": "random", "channels": ["web"] * 4, "min_gap_minutes": 60}
    plain = study.schedule.model_dump() | {
        "prompts": [rule],
        "reminders_minutes": (20, 40),
        "expires_minutes": 60,
    }
    return study.model_copy(update={"id": "thirty-days", "schedule": Schedule.model_validate(plain)})


@dataclass
class System:
    """All that runs, on one clock that a test sets."""

    settings: Settings
    study: Study
    stack: AsyncExitStack
    reading: AsyncExitStack = field(default_factory=AsyncExitStack)
    at: datetime = START
    people: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def open(self) -> None:
        self.vault = await Vault.open(self.settings.vault_path, self.settings.secret("vault_key"))
        self.stack.push_async_callback(self.vault.close)
        self.publisher = Publisher(self.settings.kafka)
        self.stack.push_async_callback(self.publisher.close)
        self.simulator = FakeProvider("key")
        studies = {self.study.ref: self.study}
        await announce(self.study, self.settings.kafka, self.publisher, studies)
        parts = (self.settings, studies, Registry({"simulator": self.simulator}, self.simulator), self.vault)
        self.web = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_gateway(*parts, self.publisher, lambda: self.at)),
            base_url=self.settings.public_url,
        )
        self.admin_api = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_admin_api(*parts, self.publisher, lambda: self.at)),
            base_url="http://admin",
            headers={"Authorization": f"Bearer {self.settings.secret('admin_token')}"},
        )  # fmt: skip
        self.producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka, acks="all")
        await self.producer.start()
        self.stack.push_async_callback(self.producer.stop)
        self.inbox = await self.stack.enter_async_context(
            TopicReader(self.settings.kafka, {}, (CONSENTS, PARTICIPANTS, TEXTS), _POLL_MS)
        )
        self.stack.push_async_callback(self.reading.aclose)
        await self.restart()

    async def restart(self) -> None:
        """A planner that knows nothing but what is on the topics, and a new dispatcher."""
        self.dispatcher = Dispatcher(
            self.settings,
            self.simulator,
            {self.study.ref: self.study},
            self.vault,
            self.publisher,
            lambda: self.at,
        )
        await self.reading.aclose()  # the planner before would go on asking Kafka every few milliseconds
        reader = await self.reading.enter_async_context(
            TopicReader(self.settings.kafka, {}, (PARTICIPANTS, CONSENTS, PROMPTS, CHECKINS, TEXTS), _POLL_MS)
        )
        self.planner = Planner(self.settings.kafka, "secret", reader, self.producer)
        await self.planner.catch_up()

    async def enrol(self, number: str, zone: str) -> None:
        entry = {
            "number": number, "study": self.study.ref, "arm": "cbt", "language": "en", "zone": zone,
            "start_date": self.at.date().isoformat(),
        }  # fmt: skip
        answer = await self.admin_api.post("/participants", json=[entry])
        assert answer.status_code == 200, answer.text
        self.people[number] = answer.json()[0]["participant"]

    async def turn(self) -> None:
        """Everything that happens at this moment, until nothing more does: planned, sent, read, answered."""
        await self.planner.catch_up()
        while await self.planner.step(self.at):
            await self.deliver()
            await self.planner.catch_up()

    async def deliver(self) -> None:
        """What was asked for is sent, read and perhaps answered."""
        ends = await self.inbox.ends()
        while any(self.inbox.expected.get(place, 0) < end for place, end in ends.items()):
            await self.dispatcher.handle(await self.inbox.next(50))
        for number in self.people:
            for count, words in await self.simulator.fetch(number, self.seen[number], 0):
                self.seen[number] = count
                await self.read(number, words)

    async def read(self, number: str, words: str) -> None:
        """Somebody gets a text; most people answer at once, some never, the last only to reminders."""
        place = list(self.people).index(number)
        reminder = words.startswith("Reminder")
        if place == 0 or (place == 1 and reminder) or (place == 2 and self.at.minute % 2):
            fields = {"mood": "6", "stress": "4", "handled": "5"}
            path = words[words.index("/c/") :]
            answers = await asyncio.gather(*(self.web.post(path, data=fields) for _ in range(2)))
            assert [one.status_code for one in answers] == [200, 200]


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    with local_kafka(tmp_path / "kafka") as broker:
        await create_topics(broker)
        settings = Settings(
            home=tmp_path, kafka=broker, vault_key=SecretStr("k" * 32), admin_token=SecretStr("d" * 32),
            sms_segments_per_second=10_000.0, simulation=True, public_url="https://study.example",
        )  # fmt: skip
        async with AsyncExitStack() as stack:
            opened = System(settings, the_study(), stack)
            await opened.open()
            yield opened


async def test_a_study_of_thirty_days(system: System) -> None:
    for place, zone in enumerate(ZONES):
        await system.enrol(f"+44770090012{place}", zone)
    end, restarts = START + timedelta(days=DAYS), 0
    outages = [START + after for after in _OUTAGES]
    steps = 0
    while system.at < end:
        await system.turn()
        steps += 1
        if outages and system.at >= outages[0]:
            outages.pop(0)
            system.at += _OUTAGE_LASTS
        elif steps % 400:
            system.at = max(system.planner.next_at() or end, system.at + timedelta(minutes=1))
            continue
        await system.restart()
        restarts += 1
    await system.turn()

    broker, study = system.settings.kafka, system.study
    planned = [prompt for day in await on_topic(broker, PROMPTS, DayPlanned) for prompt in day.prompts]
    sent = {one.event_id: one for one in await on_topic(broker, PROMPTS, PromptSent)}
    closed = await on_topic(broker, PROMPTS, PromptClosed)
    checkins = await on_topic(broker, CHECKINS, CheckInSubmitted)
    reports = await on_topic(broker, DELIVERY_REPORTS, DeliveryReported)

    assert restarts >= 2
    assert len(planned) == len({one.prompt_id for one in planned})
    assert len(planned) >= 4 * 4 * (DAYS - 1)
    # Nobody is asked twice, and every text was handed over once.
    accepted = [one.text for one in reports if one.delivery == "accepted"]
    assert len(accepted) == len(set(accepted))
    assert sum(one.prompt_id is not None for one in reports if one.delivery == "accepted") >= len(sent)
    # In the waking day, on everybody's own clock, within the grace; the clocks change both ways in the month.
    for one in sent.values():
        local = one.occurred_at.astimezone(ZoneInfo(one.zone))
        assert "09:00" <= local.strftime("%H:%M") < "21:11", one
        assert timedelta(0) <= one.occurred_at - one.scheduled_at < timedelta(minutes=10)
    by_person = defaultdict(list)
    for one in sent.values():
        by_person[one.participant].append(one.occurred_at)
    for times in by_person.values():
        ordered = sorted(times)
        assert all(b - a >= timedelta(minutes=49) for a, b in pairwise(ordered))
    # Each prompt has one end: answered once, or closed with a reason.
    answered = {one.prompt_id for one in checkins}
    assert len(checkins) == len({one.event_id for one in checkins}) == len(answered)
    ends = {one.prompt_id: one.outcome for one in closed}
    assert len(ends) == len({one.event_id for one in closed})
    past = {one.prompt_id for one in planned if one.expires_at + timedelta(minutes=1) <= system.at}
    assert past <= answered | set(ends)
    assert not answered & set(ends)
    assert sum(outcome == "discarded" for outcome in ends.values()) >= 8
    # The first answers all that reach them; the fourth never, and got both reminders.
    first, second, _, fourth = system.people.values()
    share = {who: sum(one.participant == who for one in checkins) / len(by_person[who]) for who in by_person}
    assert share[first] == 1.0
    assert share[second] > 0.9
    assert fourth not in {one.participant for one in checkins}
    assert {one.study for one in sent.values()} == {study.ref}
