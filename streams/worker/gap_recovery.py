"""Gap recovery: every record of a topic is worked on, even those that Faust skips.

Measured on 0.15.3: records that arrive while a worker starts with a backlog may never reach its agents and be
committed all the same (`streams/worker/app.py` says how, and holds them back; this is the second safeguard).
A topic without compaction has every offset, so a missing one shows; it is read from Kafka before anything
after it is acknowledged.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.kafka_access import Broker, kafka_arguments
from schemas.topic_log import Partition
from schemas.topics import Topic

_log = logging.getLogger(__name__)
_READ_SECONDS = 60.0
_WAIT_MS = 500


class Record(Protocol):
    """A record as Kafka keeps it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Gap:
    """Offsets from `start` up to, but not including, `end` that should have arrived and did not."""

    place: Partition
    start: int
    end: int


def gaps(expected: Mapping[Partition, int], records: Iterable[Record]) -> Iterator[Gap]:
    """What is missing before and between some records.

    Args:
        expected: The next offset of each partition; a partition not named starts with its first record here.
        records: In any order, perhaps repeated.
    """
    offsets: dict[Partition, set[int]] = {}
    for record in records:
        offsets.setdefault((record.topic, record.partition), set()).add(record.offset)
    for place, found in sorted(offsets.items()):
        following = expected.get(place, min(found))
        for offset in sorted(found):
            if offset > following:
                yield Gap(place, following, offset)
            following = max(following, offset + 1)


def after(expected: Mapping[Partition, int], records: Iterable[Record]) -> dict[Partition, int]:
    """The next offset of each partition after some records; it never decreases."""
    following = dict(expected)
    for record in records:
        place = (record.topic, record.partition)
        following[place] = max(following.get(place, 0), record.offset + 1)
    return following


class GapRecovery:
    """Remembers how far each partition has been worked on, and reads what is missing.

    Args:
        bootstrap: Kafka's bootstrap servers.
        group: The worker's consumer group.
        topics: What its agent reads; none of them compacted.
    """

    def __init__(self, bootstrap: Broker, group: str, topics: Sequence[Topic]) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._places = [TopicPartition(t.name, number) for t in topics for number in range(t.partitions)]
        self._expected: dict[Partition, int] | None = None
        self._waiting: dict[Partition, int] = {}
        self._at_work = False

    def forget(self) -> None:
        """Start over after partitions were assigned: other workers may have advanced them since."""
        self._expected, self._waiting = None, {}

    @asynccontextmanager
    async def without_gaps(self, records: Sequence[Record]) -> AsyncIterator[list[Record]]:
        """The records together with the missing ones, each partition in order; after the body they are done.

        Raises:
            KafkaError: Kafka is unavailable.
            TimeoutError: It did not answer within a minute.
        """
        self._at_work = True
        try:
            async with asyncio.timeout(_READ_SECONDS):
                expected = await self._known()
                missing = [record for gap in gaps(expected, records) for record in await self._read(gap)]
            if missing:
                _log.warning("Faust skipped %d records; they were read again", len(missing))
            yield sorted((*records, *missing), key=lambda one: (one.topic, one.partition, one.offset))
            if self._expected is not None:  # partitions may have been assigned anew meanwhile
                self._expected = after(self._expected, records)
        finally:
            self._at_work = False

    async def is_stuck(self, places: Collection[Partition]) -> bool:
        """Whether records are waiting and none was worked on since the last call.

        Args:
            places: The partitions assigned to this worker; those of other topics do not matter.

        Raises:
            KafkaError: Kafka is unavailable.
            TimeoutError: It did not answer within a minute.
        """
        if self._at_work:
            return False
        async with asyncio.timeout(_READ_SECONDS):
            expected = await self._known()
            async with self._consumer() as consumer:
                ends = _named(await consumer.end_offsets(self._places))
        waiting = {p: offset for p, offset in expected.items() if p in places and ends[p] > offset}
        stuck = bool(self._waiting) and self._waiting.items() <= waiting.items()
        self._waiting = waiting
        return stuck

    async def _known(self) -> dict[Partition, int]:
        if self._expected is None:
            self._expected = await self._committed()
        return self._expected

    async def _committed(self) -> dict[Partition, int]:
        async with self._consumer(self._group) as consumer:
            consumer.assign(self._places)
            first = await consumer.beginning_offsets(self._places)
            committed = {place: await consumer.committed(place) for place in self._places}
        return _named({place: max(offset or 0, first[place]) for place, offset in committed.items()})

    async def _read(self, gap: Gap) -> list[Record]:
        place, found = TopicPartition(*gap.place), []
        async with self._consumer() as consumer:
            consumer.assign([place])
            first = (await consumer.beginning_offsets([place]))[place]
            consumer.seek(place, max(gap.start, first))
            while await consumer.position(place) < gap.end:
                for records in (await consumer.getmany(place, timeout_ms=_WAIT_MS)).values():
                    found += [record for record in records if record.offset < gap.end]
        return found

    def _consumer(self, group: str | None = None) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **kafka_arguments(self._bootstrap), group_id=group, enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip


def _named(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {(place.topic, place.partition): offset for place, offset in offsets.items()}
