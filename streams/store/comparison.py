"""What the gateway acknowledged, what Kafka has and what the store holds, compared by id and by content.

Nothing is kept but some thousand rows, a page of receipts of each partition, and at most `DOUBTS` rows that
are looked at again. What is on its way is never mistaken for lost: the store writes rows and offsets in one
transaction, so every record below its offsets must be in it; and Kafka acknowledges before a receipt is
written, so the end of a partition that is asked for after a receipt was read lies behind that receipt.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from aiokafka import ConsumerRecord

from schemas.identity import digest
from schemas.kafka_access import Broker
from schemas.receipts import Receipt
from schemas.topic_log import Partition, TopicReader
from schemas.topics import TOPICS, Topic
from streams.store.ingest import STORED
from streams.store.retention import read_offsets
from streams.store.stored_rows import DOUBTS, Expectations, Key, Place, Trouble, troubles

Query = Callable[..., Any]
Receipts = Callable[[Receipt], list[Receipt]]
"""The page of receipts of a partition that follows a receipt, by offset."""

Kind = Literal["lost", "changed", "missing", "differing"]
_POLL_SECONDS = 0.5
_ROWS_AT_ONCE = 16_000
"""How many rows are looked up together: the store goes through a whole table for each question."""
_SAYS: Mapping[Kind, str] = {
    "lost": "Kafka has lost {what}, which it had acknowledged at {place}: restore its data from a backup",
    "changed": "Kafka has another record in place of {what}, which it had acknowledged at {place}: was the "
    "topic made anew, or restored from an older backup?",
    "missing": "the store lacks {what} of the record at {place}: run `wellstream rebuild`",
    "differing": "the store has {what} otherwise than the record at {place} says: run `wellstream rebuild`",
}


@dataclass(frozen=True)
class Finding:
    """The first of its kind: what is wrong with which event or row, and where its record is."""

    kind: Kind
    what: str
    place: Place

    def __str__(self) -> str:
        return _SAYS[self.kind].format(what=self.what, place=self.place)


@dataclass
class Comparison:
    """What was compared, and what is wrong.

    Attributes:
        acknowledged: Receipts in the gateway's ledger that were looked up in Kafka.
        records: Records on the topics.
        quarantined: Records of them that cannot be read.
        behind: Records that the store has not read yet.
        unplaced: Receipts without an offset that could not be compared: their record may be younger than this
            comparison, or deleted as the settings say, or there are more than `DOUBTS` of them.
        counts: How many receipts are lost or changed in Kafka, and how many rows are missing from the store
            or differ in it; of these, at most `DOUBTS` are counted.
        first: The first finding of each kind, by topic, partition and offset.
    """

    acknowledged: int = 0
    records: int = 0
    quarantined: int = 0
    behind: int = 0
    unplaced: int = 0
    counts: dict[Kind, int] = field(
        default_factory=lambda: {"lost": 0, "changed": 0, "missing": 0, "differing": 0}
    )
    first: dict[Kind, Finding] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether everything is there, and as it should be."""
        return not self.behind and not any(self.counts.values())

    def find(self, kind: Kind, what: str, place: Place) -> None:
        """Count a finding, and keep the first."""
        self.counts[kind] += 1
        if kind not in self.first or place < self.first[kind].place:
            self.first[kind] = Finding(kind, what, place)

    def __str__(self) -> str:
        counts = " ".join(f"{name}={count}" for name, count in self.counts.items())
        compared = f"acknowledged={self.acknowledged} unplaced={self.unplaced} records={self.records}"
        return f"{compared} behind={self.behind} {counts}"


async def compare_all(
    bootstrap: Broker,
    query: Query,
    receipts: Receipts,
    *,
    record_days: int | None = None,
    limit_seconds: float = 10,
    topics: Sequence[Topic] = TOPICS,
    stored: Sequence[Topic] = STORED,
    heard: Callable[[Sequence[ConsumerRecord]], object] = lambda records: None,
) -> Comparison:
    """Compare the gateway's receipts with Kafka, and Kafka's records with the store.

    Args:
        bootstrap: Kafka's bootstrap servers.
        query: The store.
        receipts: The gateway's ledger, page by page.
        record_days: For how many days this installation keeps the record; None for ever.
        limit_seconds: How long to wait for a store that makes no progress; what it has not read by then
            counts as behind.
        topics: What receipts are compared with.
        stored: Those of them that the store reads.
        heard: Is given all records, so that nobody else needs to read them again.

    Raises:
        KafkaError: Kafka is unavailable.
        LogStalled: Kafka delivered nothing for a minute, although there are more records.
        TopicMissing: A topic does not exist.
    """
    found = Comparison()
    async with TopicReader(bootstrap, {}, topics) as reader:
        ends, beginnings = await reader.ends(), await reader.beginnings()
        names = {topic.name for topic in stored}
        wanted = {place: end for place, end in ends.items() if place[0] in names and end > beginnings[place]}
        read = await _caught_up(query, wanted, limit_seconds)
        found.behind = _left(wanted, read)
        kept = {topic.name for topic in topics if topic.retention_days(record_days) is None}
        ledger = _Ledger(receipts, found, beginnings, kept)
        doubts: dict[Key, Trouble] = {}
        expected = Expectations()
        async for records in reader.to_end(ends):
            known = [record for record in records if record.offset < ends[record.topic, record.partition]]
            found.records += len(known)
            heard(known)
            for record in known:
                ledger.record(record)
            expected.add(_stored(known, read))
            if len(expected.rows) >= _ROWS_AT_ONCE:
                doubts |= _doubted(query, expected, found, doubts)
                expected = Expectations()
        doubts |= _doubted(query, expected, found, doubts)
        await _compare_rest(reader, ledger, ends)
    if doubts:
        await _look_again(TopicReader(bootstrap, {}, stored), query, doubts, read, found)
    return found


async def _compare_rest(reader: TopicReader, ledger: "_Ledger", ends: Mapping[Partition, int]) -> None:
    """Compare the receipts that are left once all records were read."""
    left = set(ends)
    while left:
        now = await reader.ends()
        left = {place for place in left if ledger.rest(place, ends[place], now[place])}
    for place, end in ends.items():
        ledger.repetitions(place, all_read=now[place] == end)


def _doubted(
    query: Query, expected: Expectations, found: Comparison, doubts: Mapping[Key, Trouble]
) -> dict[Key, Trouble]:
    """What the store lacks or has otherwise of some rows; nothing once there are doubts enough."""
    found.quarantined += expected.quarantined
    return troubles(query, expected) if len(doubts) < DOUBTS else {}


def _left(ends: Mapping[Partition, int], read: Mapping[Partition, int]) -> int:
    return sum(max(0, end - read.get(place, 0)) for place, end in ends.items())


def _stored(records: list[ConsumerRecord], read: Mapping[Partition, int]) -> list[ConsumerRecord]:
    return [one for one in records if one.offset < read.get((one.topic, one.partition), 0)]


async def _caught_up(
    query: Query, ends: Mapping[Partition, int], limit_seconds: float
) -> dict[Partition, int]:
    """Up to where the store has read, once it has read all or makes no progress."""
    loop = asyncio.get_running_loop()
    deadline, before = loop.time() + limit_seconds, -1
    while True:
        read = {place: following for place, (_, following) in read_offsets(query).items()}
        left = _left(ends, read)
        if left != before:
            deadline, before = loop.time() + limit_seconds, left
        if not left or loop.time() > deadline:
            return read
        await asyncio.sleep(_POLL_SECONDS)


async def _look_again(
    topics: TopicReader,
    query: Query,
    doubts: Mapping[Key, Trouble],
    read: Mapping[Partition, int],
    found: Comparison,
) -> None:
    """Settle doubts: of two records with one key the first counts, and a newer revision may have come."""
    expected = Expectations(frozenset(list(doubts)[:DOUBTS]))
    async with topics as reader:
        async for records in reader.to_end():
            expected.add(_stored(records, read))
    for key, trouble in troubles(query, expected).items():
        name, values = key
        what = f"{name} {'/'.join(str(value) for value in values if value != '')}"
        found.find(trouble, what, expected.rows[key].place)


class _Ledger:
    """Walks through the receipts of each partition beside its records."""

    def __init__(
        self,
        receipts: Receipts,
        found: Comparison,
        beginnings: Mapping[Partition, int],
        kept: Collection[str],
    ) -> None:
        self._receipts = receipts
        self._found = found
        self._beginnings = beginnings
        self._kept_for_ever = kept
        self._pages: dict[Partition, list[Receipt]] = {}
        self._last: dict[Partition, Receipt] = {}
        self._done: set[Partition] = set()
        self._repeated: dict[Partition, dict[str, Receipt]] = {}
        self._held = 0

    def record(self, record: ConsumerRecord) -> None:
        """Compare the receipts up to a record's offset with it."""
        place = (record.topic, record.partition)
        while (receipt := self._head(place)) is not None and receipt.offset <= record.offset:
            self._pages[place].pop()
            if receipt.offset < 0:
                self._hold(receipt)
                continue
            if receipt.offset < record.offset:
                self._gone(receipt)
                continue
            self._found.acknowledged += 1
            if receipt.digest != digest(record.value or b""):
                self._find("changed", receipt)
        held = self._repeated.get(place)
        if held and held.pop(digest(record.value or b""), None):
            self._found.acknowledged += 1

    def rest(self, place: Partition, compared: int, end: int) -> bool:
        """Compare the receipts of a page behind the last record; False at the last one.

        Args:
            place: The partition.
            compared: The end up to which its records were compared.
            end: Its end, asked for after the page was read; whatever lies behind is gone.
        """
        page = self._pages.get(place, [])
        while page:
            if page[-1].offset < 0:
                self._hold(page.pop())
                continue
            if compared <= page[-1].offset < end:
                return False  # younger than this comparison
            self._gone(page.pop())
        return self._head(place) is not None

    def repetitions(self, place: Partition, *, all_read: bool) -> None:
        """Settle the receipts of a partition that have no offset and whose content is not among its records.

        Args:
            place: The partition.
            all_read: Whether its records were compared up to its present end.
        """
        for receipt in self._repeated.pop(place, {}).values():
            deleted = self._beginnings.get(place, 0) > 0 and receipt.topic not in self._kept_for_ever
            if deleted or not all_read:
                self._found.unplaced += 1
            else:
                self._found.acknowledged += 1
                self._find("lost", receipt)

    def _hold(self, receipt: Receipt) -> None:
        """Keep a receipt without an offset until a record with its content comes by."""
        if self._held >= DOUBTS:
            self._found.unplaced += 1
            return
        self._held += 1
        self._repeated.setdefault((receipt.topic, receipt.partition), {})[receipt.digest] = receipt

    def _head(self, place: Partition) -> Receipt | None:
        page = self._pages.setdefault(place, [])
        if not page and place not in self._done:
            topic, partition = place
            start = Receipt(event_id=UUID(int=0), topic=topic, partition=partition, offset=-2, digest="")
            following = self._receipts(self._last.get(place, start))
            page.extend(reversed(following))
            if following:
                self._last[place] = following[-1]
            else:
                self._done.add(place)
        return page[-1] if page else None

    def _gone(self, receipt: Receipt) -> None:
        place = (receipt.topic, receipt.partition)
        deleted = receipt.offset < self._beginnings.get(place, 0)
        if deleted and receipt.topic not in self._kept_for_ever:
            return  # as the settings say
        self._found.acknowledged += 1
        self._find("lost", receipt)

    def _find(self, kind: Kind, receipt: Receipt) -> None:
        place = Place(receipt.topic, receipt.partition, receipt.offset)
        self._found.find(kind, f"event {receipt.event_id}", place)
