"""Reading topics as a log: from given offsets on, or once from the beginning to the current end.

Partitions are assigned and sought, never subscribed to: each reader keeps track of its own offsets. Producers
and streams both read topics in this way, so the reader belongs with the topics' declarations.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Self, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.consumers import Consumes
from schemas.faults import type_and_frames
from schemas.kafka_access import Broker, kafka_arguments
from schemas.topics import Topic

Partition = tuple[str, int]
"""A topic's name and the number of one of its partitions."""

BATCH = 500
_POLL_MS = 500
STALLED_SECONDS = 60.0
Handled = TypeVar("Handled")
_log = logging.getLogger(__name__)


class TopicMissing(UnknownTopicOrPartitionError):  # type: ignore[misc] # aiokafka has no types
    """A topic does not exist."""

    def __str__(self) -> str:
        # aiokafka's own text begins with the error's number and class.
        return str(self.args[0])


class LogStalled(TimeoutError):
    """Kafka delivers nothing, although records are left to read."""


class TopicReader:
    """Reads all partitions of some topics, from given offsets on.

    Args:
        bootstrap: Kafka's bootstrap servers.
        expected: The next offset of each partition; partitions not named are read from the beginning.
        topics: The topics to read.
        poll_ms: How long Kafka may hold back a fetch that finds no new records, in milliseconds; the next
            request waits for it.

    Attributes:
        expected: The next offset of each partition that was given or has been read.
    """

    def __init__(
        self,
        bootstrap: Broker,
        expected: Mapping[Partition, int],
        topics: Sequence[Topic],
        poll_ms: int = 100,
    ) -> None:
        self.expected = dict(expected)
        self._partitions = _partitions(topics)
        self._consumer = _consumer(bootstrap, poll_ms)

    async def __aenter__(self) -> Self:
        """Start reading.

        Raises:
            KafkaError: Kafka is unavailable.
            TopicMissing: A topic does not exist.
        """
        try:
            await self._consumer.start()
            await _require(self._consumer, self._partitions)
            self._consumer.assign(self._partitions)
            # Not seek_to_beginning: the reset that `assign` begins may override it (aiokafka 0.14).
            first = await self._consumer.beginning_offsets(self._partitions)
            for place in self._partitions:
                start = self.expected.get((place.topic, place.partition), 0)
                self._consumer.seek(place, max(start, first[place]))
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def beginnings(self) -> dict[Partition, int]:
        """The offset of each partition's oldest record; everything before it has been deleted."""
        return _named(await self._consumer.beginning_offsets(self._partitions))

    async def ends(self) -> dict[Partition, int]:
        """The current end of each partition: the offset that its next record will get."""
        return _named(await self._consumer.end_offsets(self._partitions))

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

    async def to_end(
        self, ends: Mapping[Partition, int] | None = None
    ) -> AsyncIterator[list[ConsumerRecord]]:
        """Every record up to the current ends of the topics, in batches, each partition in order.

        The last batches may go beyond the ends, so that a reader that continues misses nothing. Whether an
        end is reached depends on the consumer's position, not on the last record's offset: retention,
        compaction and transaction markers leave offsets without a record, even at the end of a partition.

        Args:
            ends: Where to stop; by default, the ends of the partitions at the time of the call.

        Raises:
            LogStalled: Kafka delivered nothing for a minute, although there are more records.
        """
        ends = await self.ends() if ends is None else ends
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STALLED_SECONDS
        while left := await self._short_of(ends):
            records = await self.next(_POLL_MS)
            if records:
                yield records
            if records or len(await self._short_of(ends)) < len(left):
                deadline = loop.time() + STALLED_SECONDS
            elif loop.time() > deadline:
                names = ", ".join(sorted({topic for topic, _ in left}))
                raise LogStalled(f"Kafka has delivered nothing of {names} for {STALLED_SECONDS:.0f} seconds")

    async def _short_of(self, ends: Mapping[Partition, int]) -> set[Partition]:
        """The partitions that have not been read up to their end."""
        return {
            (place.topic, place.partition)
            for place in self._partitions
            if await self._consumer.position(place) < ends[place.topic, place.partition]
        }


async def read_to_end(bootstrap: Broker, topics: Sequence[Topic]) -> AsyncIterator[ConsumerRecord]:
    """Every record that is on some topics at present, each partition in order.

    Raises:
        KafkaError: Kafka is unavailable.
        LogStalled: Kafka delivered nothing for a minute, although there are more records.
        TopicMissing: A topic does not exist.
    """
    async with TopicReader(bootstrap, {}, topics) as reader:
        ends = await reader.ends()
        async for records in reader.to_end(ends):
            for record in records:
                if record.offset < ends[record.topic, record.partition]:
                    yield record


async def offsets_since(bootstrap: Broker, topics: Sequence[Topic], since: datetime) -> dict[Partition, int]:
    """For each partition, the offset of the first record at or after a moment, or the end if there is none.

    Raises:
        KafkaError: Kafka is unavailable.
        TopicMissing: A topic does not exist.
    """
    partitions = _partitions(topics)
    consumer = _consumer(bootstrap, 100)
    try:
        await consumer.start()
        await _require(consumer, partitions)
        ends = await consumer.end_offsets(partitions)
        at = int(since.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, at))
    finally:
        await consumer.stop()
    return _named({place: first.offset if first else ends[place] for place, first in found.items()})


def _consumer(bootstrap: Broker, poll_ms: int) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **kafka_arguments(bootstrap), enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_194_304, fetch_max_wait_ms=poll_ms,
    )  # fmt: skip


def _partitions(topics: Iterable[Topic]) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]


async def _require(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
    missing = {place.topic for place in partitions} - await consumer.topics()
    if missing:
        raise TopicMissing(f"Kafka has no topic {', '.join(sorted(missing))}: run `wellstream topics`")


def _named(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {(place.topic, place.partition): offset for place, offset in offsets.items()}


def hear(
    records: Iterable[ConsumerRecord], contract: Consumes[Handled], learn: Callable[[Handled], object]
) -> None:
    """Let a consumer that leaves quarantine to another one learn from some records.

    A record that it fails to learn from is passed over, and told in the log: the others count.
    """
    for record in records:
        try:
            event = contract.read(record.value)
            if event is not None:
                learn(event)
        except Exception as error:
            place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
            _log.error("%s is passed over: %s", place, type_and_frames(error))
