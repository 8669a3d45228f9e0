"""What a producer must know before a topic is written to."""

from aiokafka import AIOKafkaProducer


async def learn_partitions(producer: AIOKafkaProducer, topic: str) -> None:
    """Return when the producer knows the topic's partitions and will go on knowing them.

    Faust chooses the partition of a table's change at once, from what its producer happens to know, and
    raises TypeError where that is nothing. Asking for the partitions alone does not last (aiokafka 0.14): a
    producer that follows none learns of all, and forgets, once it follows one, each that it was not told
    to follow. What it was given for a forgotten topic waits until its time is over. Between this and the
    write to a table, nothing may be awaited.

    Raises:
        aiokafka.errors.UnknownTopicOrPartitionError: there is no such topic within the request's time limit.
    """
    await producer.client.add_topic(topic)
    await producer.partitions_for(topic)
