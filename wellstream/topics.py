"""Creating the topics as `schemas.topics` declares them."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import TOPICS, Topic

_LIMIT_MS = 30_000


class TopicMismatch(RuntimeError):
    """A topic exists with another number of partitions than declared."""


async def create_topics(bootstrap: str, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create the topics that are missing.

    Returns:
        The names of those created.

    Raises:
        TopicMismatch: One exists with another number of partitions.
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
            await admin.create_topics(
                [NewTopic(t.name, t.partitions, 1, topic_configs=t.config) for t in missing],
                timeout_ms=_LIMIT_MS,
            )
        return [topic.name for topic in missing]
    finally:
        await admin.close()
