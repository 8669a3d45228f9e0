"""The planner process: follows the topics, and requests a prompt when one is due.

It stores nothing itself: after a restart it rebuilds its state from the topics. A request published twice has
the same id both times, and the dispatcher's claim lets only one through.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.announced_studies import KnownVersions
from schemas.clock import Clock, now
from schemas.codec import encode
from schemas.events import ParticipantEnrolled
from schemas.faults import type_and_frames
from schemas.heartbeat import beat
from schemas.kafka_access import Broker, kafka_arguments
from schemas.settings import Settings
from schemas.stop_signals import until_stopped
from schemas.topic_log import TopicReader, hear, offsets_since
from schemas.topics import CHECKINS, CONSENTS, PARTICIPANTS, PROMPTS, TEXTS, topic_of
from streams.scheduling.decide import decide
from streams.scheduling.participant_state import CONTRACT, KEPT, Learned, ParticipantState

_log = logging.getLogger(__name__)
_EVERYTHING = (PARTICIPANTS, CONSENTS)
_RECENT = (PROMPTS, CHECKINS, TEXTS)
_WAIT_MS = 500
_RETRY_SECONDS = 2.0
_AT_ONCE = 200
_SIMULATED_PAST = timedelta(hours=1)


class Planner:
    """Follows the topics and publishes what is due.

    Args:
        bootstrap: Kafka's bootstrap servers.
        secret: The secret from which draws are derived.
        reader: Reads the topics from its starting offsets.
        simulation: Ignore participants with a simulated past, since the simulator prompts them itself.
        producer: A started producer that waits for all replicas.
    """

    def __init__(
        self,
        bootstrap: Broker,
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
        """Read everything currently on the topics."""
        async for records in self._reader.to_end():
            self._learn(records)

    async def follow(self) -> None:
        """Read new records, waiting up to half a second for them."""
        self._learn(await self._reader.next(_WAIT_MS))

    async def step(self, at: datetime) -> int:
        """Publish everything that is due at `at`.

        Returns:
            The number of events published.

        Raises:
            KafkaError: Kafka did not acknowledge all of them. This planner's state already includes them, so
                it must be replaced by a new one that starts from the topics.
        """
        due = [participant for participant, when in self._next.items() if when is not None and when <= at]
        turns = sorted(self._changed.union(due))
        published = 0
        for start in range(0, len(turns), _AT_ONCE):
            batch = turns[start : start + _AT_ONCE]
            published += sum(await asyncio.gather(*(self._one(participant, at) for participant in batch)))
        return published

    def next_at(self) -> datetime | None:
        """When something is next due, if known."""
        return min((when for when in self._next.values() if when is not None), default=None)

    def _learn(self, records: Iterable[ConsumerRecord]) -> None:
        def learn(event: Learned) -> None:
            self._states.setdefault(event.participant, ParticipantState()).learn(event)
            self._changed.add(event.participant)

        # The store quarantines what is unreadable, and the worker what is misplaced.
        hear(records, CONTRACT, learn)

    async def _one(self, participant: str, at: datetime) -> int:
        state = self._states[participant]
        enrolled = state.enrolled
        if enrolled is None or (self._simulation and _is_simulated(enrolled)):
            self._changed.discard(participant)
            return 0
        versions = await self._studies.having([enrolled.study])
        if enrolled.study not in versions:
            return 0
        try:
            decision = decide(state, versions[enrolled.study], self._secret, at)
        except Exception as error:
            # The others are prompted all the same; this one is tried again when something about them changes.
            _log.error("%s is not prompted: %s", participant, type_and_frames(error))
            self._changed.discard(participant)
            self._next[participant] = None
            return 0
        for event in decision.events:
            await self._producer.send_and_wait(topic_of(event).name, encode(event), key=participant.encode())
        state.forget(at)
        self._next[participant] = decision.next_at
        self._changed.discard(participant)
        return len(decision.events)


def _is_simulated(enrolled: ParticipantEnrolled) -> bool:
    return enrolled.recorded_at - enrolled.occurred_at > _SIMULATED_PAST


async def serve_planner(settings: Settings, clock: Clock = now) -> None:
    """Plan and request prompts until SIGTERM or SIGINT; resumes by itself after Kafka was unavailable.

    Raises:
        MissingSetting: `planner_secret` is not set.
    """
    secret = settings.secret("planner_secret")
    await until_stopped(_run(settings, secret, clock))


async def _run(settings: Settings, secret: str, clock: Clock) -> None:
    ready = settings.home / "planner.ready"
    ready.unlink(missing_ok=True)
    while True:
        try:
            await _follow(settings, secret, clock, ready)
        except (KafkaError, OSError) as error:
            _log.warning("no prompts are sent for now: %s", type_and_frames(error))
            ready.unlink(missing_ok=True)
            await asyncio.sleep(_RETRY_SECONDS)


async def _follow(settings: Settings, secret: str, clock: Clock, ready: Path) -> None:
    expected = await offsets_since(settings.broker, _RECENT, clock() - KEPT)
    async with (
        TopicReader(settings.broker, expected, (*_EVERYTHING, *_RECENT)) as reader,
        AIOKafkaProducer(
            **kafka_arguments(settings.broker),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
        ) as producer,
    ):
        planner = Planner(settings.broker, secret, reader, producer, simulation=settings.simulation)
        await planner.catch_up()
        while True:
            beat(ready)
            await planner.step(clock())
            await planner.follow()
