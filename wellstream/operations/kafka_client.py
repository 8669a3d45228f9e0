"""A connection to Kafka for requests that no consumer or producer makes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.client import AIOKafkaClient

from schemas.kafka_access import Broker, kafka_arguments


class KafkaRequests:
    """Sends requests to any one of the brokers."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client

    async def send(self, request: Any) -> Any:
        """The response to a request.

        Raises:
            KafkaError: Kafka is unavailable, or refuses.
        """
        return await self._client.send(self._client.get_random_node(), request)


@asynccontextmanager
async def kafka_requests(broker: Broker) -> AsyncIterator[KafkaRequests]:
    """A connection to Kafka while the block runs.

    Raises:
        KafkaError: Kafka is unavailable, or does not know the user.
    """
    client = AIOKafkaClient(**kafka_arguments(broker))
    try:
        await client.bootstrap()
        yield KafkaRequests(client)
    finally:
        await client.close()
