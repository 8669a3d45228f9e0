"""A producer goes on knowing where the keys of a table's changelog belong."""

import uuid

import pytest
from aiokafka import AIOKafkaProducer

from schemas.topics import Topic
from streams.worker.partitioning import learn_partitions
from wellstream.operations.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]


async def test_what_a_producer_learned_outlasts_its_learning_of_another_topic(broker: str) -> None:
    before, after = (Topic(f"placing-{uuid.uuid4()}", holds="nothing", partitions=3) for _ in range(2))
    await create_topics(broker, [before])
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        # Following no topic, it asks for every one, and so knows this one without following it.
        client = producer.client
        while before.name not in client.cluster.topics():
            await client.force_metadata_update()
        await learn_partitions(producer, before.name)
        await create_topics(broker, [after])
        await learn_partitions(producer, after.name)
        for topic in (before, after):
            assert client.cluster.partitions_for_topic(topic.name) == {0, 1, 2}
