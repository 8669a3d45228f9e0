"""What is lost, changed, missing or otherwise is named with its place, and nothing else is."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

import duckdb
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from producers.kafka import Publisher
from schemas.codec import encode
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    DeliveryReported,
    DeliveryStatus,
    Event,
    IndicatorsUpdated,
)
from schemas.identity import digest
from schemas.receipts import Receipt
from schemas.topic_log import TopicReader
from schemas.topics import Topic
from streams.indicators.update import batch
from streams.store.comparison import Comparison, compare_all
from streams.store.ingest import begun, reached, rows_of
from streams.store.stored_rows import Place
from streams.store.writer import asking, open_store, write
from tests.made_events import START, common, enrolled
from tests.streams.indicators.test_update import EVENTS, STUDY, VERSIONS, corrected

pytestmark = pytest.mark.kafka

FIRST = next(event for event in EVENTS if isinstance(event, CheckInSubmitted))
UPDATES = list(batch(EVENTS, VERSIONS))
PEOPLE: list[Event] = [
    enrolled(STUDY),
    ConsentChanged(**common(STUDY, START, "consent"), status=ConsentStatus.GRANTED, text_version="1"),
    DeliveryReported(
        **common(STUDY, START, "report"), text=uuid4(), provider="fake", delivery=DeliveryStatus.DELIVERED
    ),
]
# The repetition of a check-in with another content counts for nothing, in the store as here.
TWICE = FIRST.model_copy(update={"answers": corrected(FIRST, 2, mood=1).answers})
ALL: list[Event] = [*PEOPLE, *EVENTS[:12], *UPDATES[:3], TWICE]
CHECKIN_AT = 3 + EVENTS.index(FIRST)


class World(NamedTuple):
    """A topic of its own on a real broker, a store that has read it, and the receipts of what is on it."""

    broker: str
    topic: Topic
    store: duckdb.DuckDBPyConnection
    ledger: list[Receipt]

    async def compare(self) -> Comparison:
        return await compare_all(
            self.broker,
            asking(self.store),
            self.page,
            limit_seconds=0,
            topics=[self.topic],
            stored=[self.topic],
        )

    def page(self, after: Receipt) -> list[Receipt]:
        # Pages of five: what is on the next page counts as well.
        return sorted((one for one in self.ledger if _order(one) > _order(after)), key=_order)[:5]

    async def read(self) -> None:
        async with TopicReader(self.broker, {}, [self.topic]) as reader:
            async for records in reader.to_end():
                write(self.store, rows_of(records)[0], reached(records), begun(records))


async def publish(world: World, values: Sequence[bytes], events: Sequence[Event]) -> None:
    publisher = Publisher(world.broker)
    for value, event in zip(values, events, strict=True):
        partition, offset = await publisher.put(world.topic.name, b"k", value)
        world.ledger.append(
            Receipt(
                event_id=event.event_id, topic=world.topic.name, partition=partition, offset=offset,
                digest=digest(value),
            )
        )  # fmt: skip
    await publisher.close()


@pytest.fixture
async def world(broker: str) -> AsyncIterator[World]:
    name = f"compared.{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    made = World(broker, Topic(name, "Compared.", partitions=1), open_store(":memory:"), [])
    await publish(made, [encode(event) for event in ALL], ALL)
    await made.read()
    yield made
    await admin.delete_topics([name])
    await admin.close()


async def test_everything_that_is_gone_or_otherwise_is_named_with_its_place(world: World) -> None:
    found = await world.compare()
    assert found.whole, str(found)
    assert (found.acknowledged, found.records) == (len(ALL), len(ALL))
    store, topic = world.store, world.topic.name

    for table, place in (("enrolments", 0), ("consents", 1), ("delivery_reports", 2)):
        store.execute(f"delete from {table}")
        found = await world.compare()
        assert found.counts["missing"] == 1
        assert found.first["missing"].what.startswith(f"{table} ")
        assert found.first["missing"].place == Place(topic, 0, place)
        await _again(world)

    store.execute(
        "delete from answer_versions where event_id = ? and item in ('mood', 'stress', 'handled')",
        [str(FIRST.event_id)],
    )
    found = await world.compare()
    assert (found.counts["missing"], found.first["missing"].place.offset) == (3, CHECKIN_AT)
    await _again(world)

    store.execute("update answer_versions set value = value + 1 where item = 'mood'")
    found = await world.compare()
    assert found.counts["differing"] == sum(isinstance(event, CheckInSubmitted) for event in EVENTS[:12])
    assert found.first["differing"].what == f"answer_versions {FIRST.event_id}/mood"
    assert found.first["differing"].place == Place(topic, 0, CHECKIN_AT)
    await _again(world)

    update = UPDATES[0]
    assert isinstance(update, IndicatorsUpdated)
    store.execute("delete from indicator_values where checkin = ?", [str(update.checkin)])
    found = await world.compare()
    assert found.first["missing"].what.startswith(f"indicator_values {update.checkin}/")
    assert found.first["missing"].place == Place(topic, 0, 3 + 12)
    assert "partition 0, offset 15" in str(found.first["missing"])


async def test_what_kafka_has_lost_or_changed_is_named(world: World) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.broker)
    await admin.start()
    await admin.delete_records({TopicPartition(world.topic.name, 0): RecordsToDelete(before_offset=2)})
    await admin.close()
    behind = world.ledger[-1].model_copy(update={"offset": 900, "event_id": uuid4()})
    world.ledger.append(behind)
    world.ledger[5] = world.ledger[5].model_copy(update={"digest": digest("another")})
    found = await world.compare()
    assert found.counts["lost"] == 3
    assert found.first["lost"].what == f"event {ALL[0].event_id}"
    assert found.first["lost"].place == Place(world.topic.name, 0, 0)
    assert (found.counts["changed"], found.first["changed"].place.offset) == (1, 5)


async def test_what_the_store_has_not_read_is_behind_and_not_lost(world: World) -> None:
    await publish(world, [encode(FIRST)], [FIRST])
    found = await world.compare()
    assert (found.behind, set(found.counts.values())) == (1, {0})


async def test_a_record_that_cannot_be_read_must_be_among_the_dead_letters(world: World) -> None:
    await publish(world, [b"{"], [FIRST])
    await world.read()
    found = await world.compare()
    assert (found.quarantined, found.counts["missing"]) == (1, 1)
    assert found.first["missing"].what.startswith("dead_letters ")


def _order(receipt: Receipt) -> tuple[int, str]:
    """As in the vault."""
    return receipt.offset, str(receipt.event_id)


async def _again(world: World) -> None:
    """Put the store's rows right again."""
    for table in ("enrolments", "consents", "delivery_reports", "answer_versions", "checkin_versions"):
        world.store.execute(f"delete from {table}")
    await world.read()


async def test_what_was_acknowledged_without_an_offset_is_found_by_its_content(world: World) -> None:
    last = world.ledger[-1]
    world.ledger[-1] = last.model_copy(update={"offset": -1})
    found = await world.compare()
    assert (found.whole, found.acknowledged, found.unplaced) == (True, len(ALL), 0)
    world.ledger[-1] = last.model_copy(update={"offset": -1, "digest": digest("another")})
    found = await world.compare()
    assert found.counts["lost"] == 1
    assert found.first["lost"].what == f"event {last.event_id}"
    assert "at an offset that it did not name" in str(found.first["lost"])


async def test_where_records_were_deleted_what_has_no_offset_is_told_and_not_lost(world: World) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.broker)
    await admin.start()
    await admin.delete_records({TopicPartition(world.topic.name, 0): RecordsToDelete(before_offset=2)})
    await admin.close()
    world.ledger[0] = world.ledger[0].model_copy(update={"offset": -1})
    world.ledger[1] = world.ledger[1].model_copy(update={"offset": -1})
    kept = replace(world.topic, kept=3)
    found = await world._replace(topic=kept).compare()
    assert (found.counts["lost"], found.unplaced, found.acknowledged) == (0, 2, len(ALL) - 2)
    assert "unplaced=2" in str(found)


async def test_whoever_else_asks_is_given_every_record(world: World) -> None:
    heard: list[int] = []
    await compare_all(
        world.broker, asking(world.store), world.page, limit_seconds=0, topics=[world.topic],
        stored=[world.topic], heard=lambda records: heard.extend(one.offset for one in records),
    )  # fmt: skip
    assert heard == list(range(len(ALL)))
