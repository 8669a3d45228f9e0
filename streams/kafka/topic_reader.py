"""Reading the stored topics from given offsets, in batches: `assign` and `seek`, never `subscribe`."""

from collections.abc import Mapping, Sequence
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.topics import Topic

Partition = tuple[str, int]
"""A topic's name and the number of one of its partitions."""

BATCH = 500


class TopicReader:
    """Reads all partitions of some topics from where the store is.

    Args:
        bootstrap: Kafka's bootstrap servers.
        expected: The next offset of each partition; those not named are read from the beginning.
        topics: What to read.
        poll_ms: How long Kafka may hold a question for new records back, in milliseconds; another question
            waits for it.

    Attributes:
        expected: The next offset of each partition that has been read or was given.
    """

    def __init__(
        self,
        bootstrap: str,
        expected: Mapping[Partition, int],
        topics: Sequence[Topic],
        poll_ms: int = 100,
    ) -> None:
        self.expected = dict(expected)
        self._partitions = [TopicPartition(t.name, p) for t in topics for p in range(t.partitions)]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
            max_partition_fetch_bytes=4_194_304, fetch_max_wait_ms=poll_ms,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        for place in self._partitions:
            self._consumer.seek(place, self.expected.get((place.topic, place.partition), 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def ends(self) -> dict[Partition, int]:
        """Where each partition ends at this moment."""
        found = await self._consumer.end_offsets(self._partitions)
        return {(place.topic, place.partition): offset for place, offset in found.items()}

    async def next(self, wait_ms: int) -> list[ConsumerRecord]:
        """Up to `BATCH` new records; those below the expected offsets are dropped."""
        found = await self._consumer.getmany(timeout_ms=wait_ms, max_records=BATCH)
        fresh = []
        for place, records in found.items():
            name = (place.topic, place.partition)
            for record in records:
                if record.offset >= self.expected.get(name, 0):
                    fresh.append(record)
                    self.expected[name] = record.offset + 1
        return fresh
