"""Reading topics as a log, on a real broker: gaps, empty partitions, deleted beginnings, missing topics."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from schemas.clock import now
from schemas.topic_log import TopicMissing, TopicReader, offsets_since, read_to_end
from schemas.topics import Topic
from wellstream.operations.topics import create_topics

pytestmark = pytest.mark.kafka


@pytest.fixture
async def topic(kafka: str) -> Topic:
    made = Topic(f"log-{uuid4().hex[:8]}", "A topic of this test.", partitions=2)
    await create_topics(kafka, [made])
    return made


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as made:
        yield made


async def values(kafka: str, topic: Topic) -> list[bytes]:
    return [record.value async for record in read_to_end(kafka, (topic,))]


async def test_an_empty_topic_ends_at_once(kafka: str, topic: Topic) -> None:
    assert await values(kafka, topic) == []


async def test_everything_is_read_and_each_partition_in_order(
    kafka: str, topic: Topic, producer: AIOKafkaProducer
) -> None:
    for number in range(5):
        await producer.send_and_wait(topic.name, b"%d" % number, partition=number % 2)
    found = await values(kafka, topic)
    assert [value for value in found if int(value) % 2 == 0] == [b"0", b"2", b"4"]
    assert [value for value in found if int(value) % 2] == [b"1", b"3"]


async def test_what_retention_has_deleted_is_not_waited_for(
    kafka: str, topic: Topic, producer: AIOKafkaProducer
) -> None:
    for number in range(4):
        await producer.send_and_wait(topic.name, b"%d" % number, partition=0)
    await producer.send_and_wait(topic.name, b"gone", partition=1)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records(
        {
            TopicPartition(topic.name, 0): RecordsToDelete(before_offset=3),
            TopicPartition(topic.name, 1): RecordsToDelete(before_offset=1),
        }
    )
    await admin.close()
    assert await values(kafka, topic) == [b"3"]


async def test_a_reader_that_goes_on_misses_nothing(
    kafka: str, topic: Topic, producer: AIOKafkaProducer
) -> None:
    await producer.send_and_wait(topic.name, b"before", partition=0)
    async with TopicReader(kafka, {}, (topic,)) as reader:
        ends = await reader.ends()
        await producer.send_and_wait(topic.name, b"after", partition=0)
        found = [record.value async for records in reader.to_end(ends) for record in records]
        while len(found) < 2:
            found += [record.value for record in await reader.next(500)]
    assert found == [b"before", b"after"]


async def test_reading_begins_with_the_first_record_since_a_moment(
    kafka: str, topic: Topic, producer: AIOKafkaProducer
) -> None:
    early, late = now() - timedelta(days=2), now()
    for at in (early, late):
        await producer.send_and_wait(topic.name, b"x", partition=0, timestamp_ms=int(at.timestamp() * 1000))
    found = await offsets_since(kafka, (topic,), now() - timedelta(days=1))
    assert found == {(topic.name, 0): 1, (topic.name, 1): 0}


async def test_a_missing_topic_is_named(kafka: str) -> None:
    missing = Topic("not-there", "A topic that nobody created.")
    with pytest.raises(TopicMissing, match="no topic not-there"):
        await values(kafka, missing)
