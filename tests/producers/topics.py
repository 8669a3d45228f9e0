"""Reading what is on a topic, for tests."""

from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import Unreadable, decode
from schemas.topics import Topic

_Event = TypeVar("_Event")


async def on_topic(
    broker: str, topic: Topic, kind: type[_Event], participant: str | None = None
) -> list[_Event]:
    """Every event of a kind that is on a topic now, in the order of its partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[_Event] = []
        for place in places:
            consumer.seek(place, 0)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    try:
                        event = decode(record.value or b"")
                    except Unreadable:  # other tests put poison there
                        continue
                    if isinstance(event, kind) and participant in (None, getattr(event, "participant", None)):
                        found.append(event)
        return found
    finally:
        await consumer.stop()
