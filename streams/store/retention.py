"""Has Kafka deleted records that the store's rows were made from, or that it never read?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.kafka_access import Broker
from schemas.topic_log import Partition, TopicReader
from schemas.topics import Topic
from streams.store.ingest import STORED

Query = Callable[..., Any]
RECORD: tuple[Topic, ...] = tuple(topic for topic in STORED if not isinstance(topic.kept, int))
"""The topics that a rebuild starts from."""


@dataclass(frozen=True)
class Deleted:
    """Records that are gone from a topic.

    Attributes:
        topic: Its name.
        stored: How many of them the store has rows of; a rebuild would lose these.
        unread: How many were deleted before the store read them.
        retention_days: For how many days the topic is meant to keep records; None for ever.
    """

    topic: str
    stored: int
    unread: int
    retention_days: int | None = None

    @property
    def intended(self) -> bool:
        """Whether the settings ask for it: the store has read all that is gone."""
        return self.retention_days is not None and not self.unread

    def __str__(self) -> str:
        found = []
        if self.stored:
            found.append(
                f"the oldest record of {self.topic} is younger than the store's oldest row: Kafka has "
                f"deleted {self.stored} records that the store has rows of, so a rebuild would lose those "
                "rows. Back up the store's file, and see `wellstream topics` for how long records are kept"
            )
        if self.unread:
            found.append(
                f"Kafka deleted {self.unread} records of {self.topic} before the store read them: restore "
                "them from a backup of Kafka, keep the store running, and see `wellstream topics`"
            )
        return "; ".join(found)


async def deleted_records(bootstrap: Broker, query: Query, record_days: int | None = None) -> list[Deleted]:
    """What Kafka has deleted of the record since the store read it; empty where it has everything.

    Args:
        bootstrap: Kafka's bootstrap servers.
        query: The store.
        record_days: For how many days this installation keeps the record; None for ever.

    Raises:
        KafkaError: Kafka is unavailable.
        TopicMissing: A topic does not exist.
    """
    read = read_offsets(query)
    async with TopicReader(bootstrap, {}, RECORD) as reader:
        return compare_beginnings(read, await reader.beginnings(), record_days)


def read_offsets(query: Query) -> dict[Partition, tuple[int, int]]:
    """From which offset up to which the store has read each partition."""
    rows = query("select topic, partition, first_offset, next_offset from offsets").itertuples()
    return {(row.topic, int(row.partition)): (int(row.first_offset), int(row.next_offset)) for row in rows}


def compare_beginnings(
    read: Mapping[Partition, tuple[int, int]],
    beginnings: Mapping[Partition, int],
    record_days: int | None = None,
) -> list[Deleted]:
    """What is deleted of each topic.

    Args:
        read: From which offset up to which the store has read each partition.
        beginnings: The offset of the oldest record that is left in each partition.
        record_days: For how many days this installation keeps the record; None for ever.
    """
    stored: dict[str, int] = {}
    unread: dict[str, int] = {}
    for (topic, partition), beginning in beginnings.items():
        first, following = read.get((topic, partition), (beginning, beginning))
        stored[topic] = stored.get(topic, 0) + max(0, min(beginning, following) - first)
        unread[topic] = unread.get(topic, 0) + max(0, beginning - following)
    return [
        Deleted(topic.name, stored[topic.name], unread[topic.name], topic.retention_days(record_days))
        for topic in RECORD
        if stored.get(topic.name) or unread.get(topic.name)
    ]
