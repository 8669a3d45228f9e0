"""Gap recovery: no record is lost, whatever the stream skips."""

import uuid
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import Topic
from streams.worker.gap_recovery import Gap, GapRecovery, after, gaps
from wellstream.operations.topics import create_topics

LIMIT = pytest.mark.timeout(120)


@dataclass
class Handed:
    """A record as a stream hands it over."""

    offset: int
    topic: str = "t"
    partition: int = 0
    key: bytes | None = None
    value: bytes | None = None


PLACE = ("t", 0)


@given(start=st.integers(0, 20), lost=st.sets(st.integers(0, 40)), end=st.integers(21, 40))
def test_gaps_are_exactly_what_is_missing(start: int, lost: set[int], end: int) -> None:
    handed = [Handed(offset) for offset in range(start, end) if offset not in lost]
    found = [offset for gap in gaps({PLACE: start}, handed) for offset in range(gap.start, gap.end)]
    last = max((one.offset for one in handed), default=start)
    assert found == sorted(offset for offset in lost if start <= offset < last)
    assert after({PLACE: start}, handed)[PLACE] == (last + 1 if handed else start)


def test_repetitions_and_disorder_are_no_gaps_and_partitions_are_apart() -> None:
    handed = [Handed(4), Handed(3), Handed(3), Handed(9, partition=1)]
    assert list(gaps({PLACE: 3}, handed)) == []
    assert list(gaps({PLACE: 3, ("t", 1): 7}, handed)) == [Gap(("t", 1), 7, 9)]
    assert after({PLACE: 9}, handed)[PLACE] == 9


@pytest.fixture
async def topic(broker: str) -> Topic:
    """A topic with ten records on its first partition, of which a group has committed three."""
    topic = Topic(f"recovery-{uuid.uuid4()}", holds="numbers", partitions=2)
    await create_topics(broker, [topic])
    await say(broker, topic, range(10))
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=topic.name, enable_auto_commit=False)
    async with consumer:
        place = TopicPartition(topic.name, 0)
        consumer.assign([place])
        await consumer.commit({place: 3})
    return topic


async def say(broker: str, topic: Topic, numbers: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for number in numbers:
            await producer.send_and_wait(topic.name, b"%d" % number, partition=0)


def handed(topic: Topic, *offsets: int) -> list[Handed]:
    return [Handed(offset, topic.name, value=b"%d" % offset) for offset in offsets]


async def values(recovery: GapRecovery, records: list[Handed]) -> list[bytes | None]:
    async with recovery.without_gaps(records) as complete:
        return [record.value for record in complete]


@pytest.mark.kafka
@LIMIT
async def test_skipped_records_are_read_before_later_ones_are_done(broker: str, topic: Topic) -> None:
    recovery = GapRecovery(broker, topic.name, [topic])
    # The group has committed up to 3, so 3 is missing before the first record, and 5 and 6 in between.
    assert await values(recovery, handed(topic, 4, 7)) == [b"3", b"4", b"5", b"6", b"7"]
    assert await values(recovery, handed(topic, 8)) == [b"8"]
    assert await values(recovery, handed(topic, 8)) == [b"8"]
    recovery.forget()
    assert await values(recovery, handed(topic, 3)) == [b"3"]


@pytest.mark.kafka
@LIMIT
async def test_a_batch_that_failed_is_still_missing(broker: str, topic: Topic) -> None:
    recovery = GapRecovery(broker, topic.name, [topic])
    with pytest.raises(ZeroDivisionError):
        async with recovery.without_gaps(handed(topic, 3)):
            raise ZeroDivisionError
    assert await values(recovery, handed(topic, 4)) == [b"3", b"4"]


@pytest.mark.kafka
@LIMIT
async def test_a_worker_is_stuck_if_records_wait_and_none_is_processed(broker: str, topic: Topic) -> None:
    recovery = GapRecovery(broker, topic.name, [topic])
    assigned = [(topic.name, 0), (topic.name, 1), ("a table's changelog", 3)]
    assert not await recovery.is_stuck(assigned)
    assert await recovery.is_stuck(assigned)
    assert not await recovery.is_stuck([(topic.name, 1)])
    assert not await recovery.is_stuck(assigned)
    await values(recovery, handed(topic, 3))
    assert not await recovery.is_stuck(assigned)
    async with recovery.without_gaps(handed(topic, *range(4, 10))):
        assert not await recovery.is_stuck(assigned)
    await say(broker, topic, range(10, 12))
    assert not await recovery.is_stuck(assigned)
    assert await recovery.is_stuck(assigned)
