"""Creating the topics as `schemas.topics` declares them, and holding existing ones to it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topics import TOPICS, Topic

MARGIN_DAYS = 90
"""How much longer than the study's longest arm the record is kept at least."""

_LIMIT_MS = 30_000
_SET_ON_TOPIC = 1
_EARLIER_NAMES = frozenset({"dialogue.v1", "outbound.receipts.v1"})


class TopicRefused(RuntimeError):
    """Kafka does not create or change a topic."""


class TopicMismatch(RuntimeError):
    """A topic exists with another number of partitions than declared."""


class EarlierTopics(RuntimeError):
    """The topics were created by an earlier version of wellstream."""


class RetentionTooShort(ValueError):
    """The record would be deleted while the study needs it."""


@dataclass(frozen=True)
class TopicState:
    """A topic as it is declared and as it is.

    Attributes:
        topic: Its declaration.
        declared: The settings that it should have.
        actual: The settings that it had when it was looked at.
        created: Whether it was missing, and was created.
    """

    topic: Topic
    declared: Mapping[str, str]
    actual: Mapping[str, str]
    created: bool = False

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """Settings that are not as declared: what they are, and what they should be."""
        return {
            name: (self.actual.get(name, ""), wanted)
            for name, wanted in self.declared.items()
            if self.actual.get(name, "") != wanted
        }


def record_retention(settings: Settings) -> int | None:
    """For how many days this installation keeps the record; None for ever.

    Raises:
        DefinitionError: The study's file cannot be read.
        RetentionTooShort: It is shorter than the study's longest arm with a margin.
    """
    days = settings.record_retention_days
    if days is not None and settings.study is not None:
        longest = max(arm.days for arm in load_study(settings.study).arms)
        if days < longest + MARGIN_DAYS:
            raise RetentionTooShort(
                f"WELLSTREAM_RECORD_RETENTION_DAYS is {days}, but the study's longest arm has {longest} "
                f"days: set it to at least {longest + MARGIN_DAYS}, or unset it to keep the record for ever"
            )
    return days


async def create_topics(
    bootstrap: str, topics: Sequence[Topic] = TOPICS, record_days: int | None = None
) -> list[str]:
    """Create the topics that are missing; those that exist stay as they are.

    Returns:
        The names of those created.

    Raises:
        EarlierTopics: Kafka holds topics of an earlier version.
        TopicMismatch: One exists with another number of partitions.
        TopicRefused: Kafka does not create one.
    """
    async with _admin(bootstrap) as admin:
        return await _create_missing(admin, topics, record_days)


async def topic_states(
    bootstrap: str, topics: Sequence[Topic] = TOPICS, record_days: int | None = None
) -> list[TopicState]:
    """The topics that exist, each as it is declared and as it is; changes nothing."""
    async with _admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        return await _states(admin, [t for t in topics if t.name in present], record_days)


async def align_topics(
    bootstrap: str, topics: Sequence[Topic] = TOPICS, record_days: int | None = None, *, apply: bool = False
) -> list[TopicState]:
    """Create the topics that are missing and, if told to, give the others their declared settings.

    Partitions are never changed, and settings that `schemas.topics` does not declare stay as they are.

    Returns:
        Every topic as it was found.

    Raises:
        EarlierTopics: Kafka holds topics of an earlier version.
        TopicMismatch: One exists with another number of partitions.
        TopicRefused: Kafka does not create or change one.
    """
    async with _admin(bootstrap) as admin:
        created = set(await _create_missing(admin, topics, record_days))
        found = [
            TopicState(state.topic, state.declared, state.actual, state.topic.name in created)
            for state in await _states(admin, topics, record_days)
        ]
        different = [state for state in found if state.differences]
        if apply and different:
            await _apply(admin, different)
        return found


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_LIMIT_MS)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def _create_missing(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], record_days: int | None
) -> list[str]:
    present = set(await admin.list_topics())
    _refuse_earlier(present)
    described = await admin.describe_topics([t.name for t in topics if t.name in present])
    _refuse_other_partitions(topics, {d["topic"]: len(d["partitions"]) for d in described})
    missing = [topic for topic in topics if topic.name not in present]
    if missing:
        outcome = await admin.create_topics(
            [NewTopic(t.name, t.partitions, 1, topic_configs=t.config(record_days)) for t in missing],
            timeout_ms=_LIMIT_MS,
        )
        _refuse_errors(outcome.topic_errors)
    return [topic.name for topic in missing]


def _refuse_earlier(present: Iterable[str]) -> None:
    earlier = sorted(_EARLIER_NAMES.intersection(present))
    if earlier:
        raise EarlierTopics(
            f"Kafka holds topics of an earlier version of wellstream ({', '.join(earlier)}), which this one "
            "cannot read: begin anew with another Kafka, or delete all its topics and the store's file"
        )


def _refuse_other_partitions(topics: Iterable[Topic], counts: Mapping[str, int]) -> None:
    for topic in topics:
        if counts.get(topic.name, topic.partitions) != topic.partitions:
            raise TopicMismatch(
                f"the topic {topic.name} has {counts[topic.name]} partitions, not {topic.partitions}; "
                "it belongs to something else: use another Kafka"
            )


def _refuse_errors(outcomes: Iterable[tuple[Any, ...]]) -> None:
    for name, code, *_ in outcomes:
        # Somebody else may have created it since we looked.
        if code not in (NoError.errno, TopicAlreadyExistsError.errno):
            raise TopicRefused(f"Kafka does not create the topic {name}: {for_code(code).__name__}")


async def _states(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], record_days: int | None
) -> list[TopicState]:
    entries = await _entries(admin, [topic.name for topic in topics])
    return [
        TopicState(
            topic,
            topic.config(record_days),
            {name: value for name, value, *_ in entries[topic.name] if name in topic.config()},
        )
        for topic in topics
    ]


async def _apply(admin: AIOKafkaAdminClient, states: Sequence[TopicState]) -> None:
    entries = await _entries(admin, [state.topic.name for state in states])
    wanted = []
    for state in states:
        # Kafka takes the settings given as all that the topic has of its own.
        own = {
            name: value for name, value, _, source, *_ in entries[state.topic.name] if source == _SET_ON_TOPIC
        }
        wanted.append(ConfigResource(ConfigResourceType.TOPIC, state.topic.name, own | dict(state.declared)))
    for response in await admin.alter_configs(wanted):
        for code, message, _, name in response.resources:
            if code != NoError.errno:
                raise TopicRefused(
                    f"Kafka does not change the topic {name}: {message or for_code(code).__name__}"
                )


async def _entries(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Each topic's settings as Kafka gives them: name, value, read only, source and more."""
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = await admin.describe_configs(wanted) if wanted else []
    return {resource[3]: resource[4] for response in found for resource in response.resources}


async def lag(bootstrap: str, group: str, topics: Sequence[Topic]) -> int:
    """How many records of the topics a consumer group has not committed yet."""
    places = [TopicPartition(topic.name, p) for topic in topics for p in range(topic.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        committed = [await consumer.committed(place) or 0 for place in places]
        return sum(ends[place] - done for place, done in zip(places, committed, strict=True))
    finally:
        await consumer.stop()
