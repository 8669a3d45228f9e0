"""Reading the stored topics from given offsets, in batches: `assign` and `seek`, never `subscribe`."""

from collections.abc import Mapping, Sequence
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.clock import now
from schemas.codec import Unreadable, dead_letter, decode, encode
from schemas.events import DeadLetter, Reason
from schemas.study import Study
from schemas.topics import (
    ALERTS,
    CHECKINS,
    CONSENTS,
    DEAD_LETTERS,
    DIALOGUE,
    INDICATORS,
    MESSAGES,
    PARTICIPANTS,
    PROMPTS,
    RECEIPTS,
    SAFETY,
    STUDIES,
    Topic,
)  # fmt: skip
from streams.store.projection import Rows, project, project_study
from streams.store.tables import Place

STORED: tuple[Topic, ...] = (
    STUDIES, PARTICIPANTS, CONSENTS, MESSAGES, DIALOGUE, PROMPTS, CHECKINS, INDICATORS, ALERTS, SAFETY,
    RECEIPTS, DEAD_LETTERS,
)  # fmt: skip
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
        expected: Mapping[Place, int],
        topics: Sequence[Topic] = STORED,
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

    async def ends(self) -> dict[Place, int]:
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


def rows_of(records: Sequence[ConsumerRecord]) -> tuple[Rows, list[DeadLetter]]:
    """The rows of a batch, and a dead letter for each record that cannot be read.

    A record without a value is a tombstone and gives neither.
    """
    rows: Rows = {}
    letters: list[DeadLetter] = []
    for record in records:
        if record.value is None:
            continue
        try:
            found = _project(record)
        except Unreadable as refusal:
            letter = dead_letter(
                topic=record.topic, partition=record.partition, offset=record.offset, key=record.key,
                value=record.value, reason=refusal.reason, detail=refusal.detail, at=now(),
            )  # fmt: skip
            # One that lies among the dead letters already must not make another one.
            if record.topic != DEAD_LETTERS.name:
                letters.append(letter)
            found = {}
        for name, more in found.items():
            rows.setdefault(name, []).extend(more)
    return rows, letters


def _project(record: ConsumerRecord) -> Rows:
    if record.topic != STUDIES.name:
        return project(decode(record.value))
    try:
        return project_study(Study.model_validate_json(record.value))
    except ValueError:
        raise Unreadable(Reason.INVALID, "not a study definition") from None


def reached(records: Sequence[ConsumerRecord]) -> dict[Place, int]:
    """The offsets to go on from after a batch."""
    return {(r.topic, r.partition): r.offset + 1 for r in records}


def encoded(letters: Sequence[DeadLetter]) -> list[tuple[bytes | None, bytes]]:
    """Dead letters as records: key and value."""
    return [(letter.key, encode(letter)) for letter in letters]
