"""Creating the topics as `schemas.topics` declares them."""

from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from schemas.topics import TOPICS, Topic

_LIMIT_MS = 30_000


class TopicRefused(RuntimeError):
    """Kafka does not create a topic."""


class TopicMismatch(RuntimeError):
    """A topic exists with another number of partitions than declared."""


async def create_topics(bootstrap: str, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create the topics that are missing.

    Returns:
        The names of those created.

    Raises:
        TopicMismatch: One exists with another number of partitions.
        TopicRefused: Kafka does not create one.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_LIMIT_MS)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        described = await admin.describe_topics([t.name for t in topics if t.name in present])
        counts = {d["topic"]: len(d["partitions"]) for d in described}
        for topic in topics:
            if counts.get(topic.name, topic.partitions) != topic.partitions:
                raise TopicMismatch(
                    f"the topic {topic.name} has {counts[topic.name]} partitions, not {topic.partitions}; "
                    "it belongs to something else: use another Kafka"
                )
        missing = [topic for topic in topics if topic.name not in present]
        if missing:
            outcome = await admin.create_topics(
                [NewTopic(t.name, t.partitions, 1, topic_configs=t.config) for t in missing],
                timeout_ms=_LIMIT_MS,
            )
            _refuse_errors(outcome.topic_errors)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _refuse_errors(outcomes: Iterable[tuple[Any, ...]]) -> None:
    for name, code, *_ in outcomes:
        # Somebody else may have created it since we looked.
        if code not in (NoError.errno, TopicAlreadyExistsError.errno):
            raise TopicRefused(f"Kafka does not create the topic {name}: {for_code(code).__name__}")


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
