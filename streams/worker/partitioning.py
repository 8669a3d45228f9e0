"""Making sure that a producer knows a topic's partitions before it writes to it."""

from aiokafka import AIOKafkaProducer


async def learn_partitions(producer: AIOKafkaProducer, topic: str) -> None:
    """Return when the producer knows the topic's partitions and will not forget them.

    Faust chooses the partition of a table's change immediately, from the metadata that its producer has, and
    raises TypeError if there is none. Fetching the partitions once is not enough (aiokafka 0.14): a producer
    that tracks no topic fetches metadata of all, but once it tracks one, it forgets every topic that it does
    not track; records for a forgotten topic wait until they time out. Await nothing between this call and the
    write to a table.

    Raises:
        aiokafka.errors.UnknownTopicOrPartitionError: The topic did not exist within the request's time limit.
    """
    await producer.client.add_topic(topic)
    await producer.partitions_for(topic)
