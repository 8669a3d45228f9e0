"""The planner as a process: it follows the topics, and requests a prompt when somebody is due.

It keeps nothing of its own: after a restart it reads the topics and knows what it knew before. A request that
it publishes twice has one id, and the dispatcher's claim lets one of the two through.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.announced_studies import KnownVersions
from schemas.clock import Clock, now
from schemas.codec import Unreadable, decode, encode
from schemas.consumers import MisplacedEvent
from schemas.events import ParticipantEnrolled
from schemas.faults import type_and_frames
from schemas.settings import Settings
from schemas.topic_log import TopicReader, offsets_since
from schemas.topics import CHECKINS, CONSENTS, PARTICIPANTS, PROMPTS, TEXTS, topic_of
from streams.scheduling.decide import decide
from streams.scheduling.participant_state import CONTRACT, KEPT, ParticipantState

_log = logging.getLogger(__name__)
_EVERYTHING = (PARTICIPANTS, CONSENTS)
_RECENT = (PROMPTS, CHECKINS, TEXTS)
_WAIT_MS = 500
_RETRY_SECONDS = 2.0
_AT_ONCE = 200
_INVENTED = timedelta(hours=1)


class Planner:
    """Follows the topics and publishes what is due.

    Args:
        bootstrap: Kafka's bootstrap servers.
        secret: Draws follow from it.
        reader: Reads the topics from where it was opened.
        simulation: Ignore participants with an invented past: the simulator prompts them itself.
        producer: A started producer that waits for all replicas.
    """

    def __init__(
        self,
        bootstrap: str,
        secret: str,
        reader: TopicReader,
        producer: AIOKafkaProducer,
        *,
        simulation: bool = False,
    ) -> None:
        self._studies = KnownVersions(bootstrap)
        self._secret = secret
        self._simulation = simulation
        self._reader = reader
        self._producer = producer
        self._states: dict[str, ParticipantState] = {}
        self._next: dict[str, datetime | None] = {}
        self._changed: set[str] = set()

    async def catch_up(self) -> None:
        """Read everything that is on the topics at this moment."""
        async for records in self._reader.to_end():
            self._learn(records)

    async def follow(self) -> None:
        """Read what is new, waiting up to half a second for it."""
        self._learn(await self._reader.next(_WAIT_MS))

    async def step(self, at: datetime) -> int:
        """Publish everything that is due at a time.

        Returns:
            How many events were published.

        Raises:
            KafkaError: Kafka did not take all of them. This planner assumes that they were published, so a
                new one must start from the topics.
        """
        due = [who for who, when in self._next.items() if when is not None and when <= at]
        turns = sorted(self._changed.union(due))
        published = 0
        for start in range(0, len(turns), _AT_ONCE):
            some = turns[start : start + _AT_ONCE]
            published += sum(await asyncio.gather(*(self._one(who, at) for who in some)))
        return published

    def next_at(self) -> datetime | None:
        """When something is due next, as far as is known."""
        return min((when for when in self._next.values() if when is not None), default=None)

    def _learn(self, records: Iterable[ConsumerRecord]) -> None:
        for record in records:
            # The store quarantines what cannot be read, and the worker what is on the wrong topic.
            with suppress(Unreadable, MisplacedEvent):
                event = CONTRACT.select(decode(record.value or b""))
                if event is not None:
                    self._states.setdefault(event.participant, ParticipantState()).learn(event)
                    self._changed.add(event.participant)

    async def _one(self, who: str, at: datetime) -> int:
        state = self._states[who]
        enrolled = state.enrolled
        if enrolled is None or (self._simulation and _is_invented(enrolled)):
            self._changed.discard(who)
            return 0
        versions = await self._studies.having([enrolled.study])
        if enrolled.study not in versions:
            return 0
        decision = decide(state, versions[enrolled.study], self._secret, at)
        for event in decision.events:
            await self._producer.send_and_wait(topic_of(event).name, encode(event), key=who.encode())
        state.forget(at)
        self._next[who] = decision.next_at
        self._changed.discard(who)
        return len(decision.events)


def _is_invented(enrolled: ParticipantEnrolled) -> bool:
    return enrolled.recorded_at - enrolled.occurred_at > _INVENTED


async def serve_planner(settings: Settings, clock: Clock = now) -> None:
    """Plan and prompt until SIGTERM or SIGINT; resumes by itself after Kafka was unavailable.

    Raises:
        MissingSetting: There is no `planner_secret`.
    """
    secret = settings.secret("planner_secret")
    task = asyncio.create_task(_run(settings, secret, clock))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


async def _run(settings: Settings, secret: str, clock: Clock) -> None:
    ready = settings.home / "planner.ready"
    ready.unlink(missing_ok=True)
    while True:
        try:
            await _follow(settings, secret, clock, ready)
        except (KafkaError, OSError) as error:
            _log.warning("no prompts for now: %s", type_and_frames(error))
            ready.unlink(missing_ok=True)
            await asyncio.sleep(_RETRY_SECONDS)


def _mark_ready(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


async def _follow(settings: Settings, secret: str, clock: Clock, ready: Path) -> None:
    expected = await offsets_since(settings.kafka, _RECENT, clock() - KEPT)
    async with (
        TopicReader(settings.kafka, expected, (*_EVERYTHING, *_RECENT)) as reader,
        AIOKafkaProducer(
            bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True, compression_type="zstd"
        ) as producer,
    ):
        planner = Planner(settings.kafka, secret, reader, producer, simulation=settings.simulation)
        await planner.catch_up()
        _mark_ready(ready)
        while True:
            await planner.step(clock())
            await planner.follow()
