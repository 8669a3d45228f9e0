"""Creates topics as `schemas.topics` declares them, and aligns the settings of existing ones."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from schemas.kafka_access import Broker, kafka_arguments
from schemas.settings import Settings
from schemas.study.file import load_study
from schemas.topics import TOPICS, Topic

MARGIN_DAYS = 90
"""Margin in days by which the record must outlast the study's longest arm."""

_LIMIT_MS = 30_000
_SET_ON_TOPIC = 1
_EARLIER_NAMES = frozenset({"dialogue.v1", "outbound.receipts.v1"})


class TopicRefused(RuntimeError):
    """Kafka refused to create or change a topic."""


class TopicMismatch(RuntimeError):
    """A topic exists with a different number of partitions than declared."""


class EarlierTopics(RuntimeError):
    """The topics were created by an earlier version of wellstream."""


class RetentionTooShort(ValueError):
    """The record would be deleted while the study still needs it."""


@dataclass(frozen=True)
class TopicState:
    """A topic's declared and actual settings.

    Attributes:
        topic: Its declaration.
        declared: The settings it should have.
        actual: The settings it had when they were read.
        created: Whether it was missing and has been created.
    """

    topic: Topic
    declared: Mapping[str, str]
    actual: Mapping[str, str]
    created: bool = False

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """Settings that differ, each with its actual and its declared value."""
        return {
            name: (self.actual.get(name, ""), declared)
            for name, declared in self.declared.items()
            if self.actual.get(name, "") != declared
        }


def record_retention(settings: Settings) -> int | None:
    """How many days this installation keeps the record; None means for ever.

    Raises:
        DefinitionError: The study's file cannot be read.
        RetentionTooShort: It is less than the study's longest arm plus the margin.
    """
    days = settings.record_retention_days
    if days is not None and settings.study is not None:
        longest = max(arm.days for arm in load_study(settings.study).arms)
        if days < longest + MARGIN_DAYS:
            raise RetentionTooShort(
                f"WELLSTREAM_RECORD_RETENTION_DAYS is {days}, but the study's longest arm lasts {longest} "
                f"days; set it to at least {longest + MARGIN_DAYS}, or unset it to keep the record for ever"
            )
    return days


async def create_topics(
    bootstrap: Broker, topics: Sequence[Topic] = TOPICS, record_days: int | None = None
) -> list[str]:
    """Create the topics that are missing; existing ones stay as they are.

    Returns:
        The names of those created.

    Raises:
        EarlierTopics: Kafka holds topics of an earlier version.
        TopicMismatch: One has a different number of partitions than declared.
        TopicRefused: Kafka refused to create one.
    """
    async with _admin(bootstrap) as admin:
        return await _create_missing(admin, topics, record_days)


async def topic_states(
    bootstrap: Broker, topics: Sequence[Topic] = TOPICS, record_days: int | None = None
) -> list[TopicState]:
    """The declared and actual settings of the topics that exist; changes nothing."""
    async with _admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        return await _states(admin, [t for t in topics if t.name in present], record_days)


async def align_topics(
    bootstrap: Broker,
    topics: Sequence[Topic] = TOPICS,
    record_days: int | None = None,
    *,
    apply: bool = False,
) -> list[TopicState]:
    """Create the topics that are missing and, with `apply`, give the others their declared settings.

    Partitions are never changed, and settings that `schemas.topics` does not declare stay as they are.

    Returns:
        Every topic as it was found.

    Raises:
        EarlierTopics: Kafka holds topics of an earlier version.
        TopicMismatch: One has a different number of partitions than declared.
        TopicRefused: Kafka refused to create or change one.
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
async def _admin(bootstrap: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**kafka_arguments(bootstrap), request_timeout_ms=_LIMIT_MS)
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
            "cannot read; start afresh with another Kafka, or delete all its topics and the store's file"
        )


def _refuse_other_partitions(topics: Iterable[Topic], counts: Mapping[str, int]) -> None:
    for topic in topics:
        if counts.get(topic.name, topic.partitions) != topic.partitions:
            raise TopicMismatch(
                f"the topic {topic.name} has {counts[topic.name]} partitions instead of {topic.partitions}, "
                "so something else created it; use another Kafka"
            )


def _refuse_errors(outcomes: Iterable[tuple[Any, ...]]) -> None:
    for name, code, *_ in outcomes:
        # Another process may have created it since we looked.
        if code not in (NoError.errno, TopicAlreadyExistsError.errno):
            raise TopicRefused(f"Kafka refused to create the topic {name}: {for_code(code).__name__}")


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
    resources = []
    for state in states:
        # Kafka replaces all of the topic's own settings with those given, so keep the others.
        own = {
            name: value for name, value, _, source, *_ in entries[state.topic.name] if source == _SET_ON_TOPIC
        }
        resources.append(
            ConfigResource(ConfigResourceType.TOPIC, state.topic.name, own | dict(state.declared))
        )
    for response in await admin.alter_configs(resources):
        for code, message, _, name in response.resources:
            if code != NoError.errno:
                raise TopicRefused(
                    f"Kafka refused to change the topic {name}: {message or for_code(code).__name__}"
                )


async def _entries(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Each topic's settings as Kafka returns them: name, value, read-only, source and more."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = await admin.describe_configs(resources) if resources else []
    return {resource[3]: resource[4] for response in found for resource in response.resources}


async def lag(bootstrap: Broker, group: str, topics: Sequence[Topic]) -> int:
    """How many records of the topics a consumer group has yet to commit."""
    partitions = [TopicPartition(topic.name, p) for topic in topics for p in range(topic.partitions)]
    consumer = AIOKafkaConsumer(**kafka_arguments(bootstrap), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        committed = [await consumer.committed(partition) or 0 for partition in partitions]
        return sum(ends[partition] - done for partition, done in zip(partitions, committed, strict=True))
    finally:
        await consumer.stop()
