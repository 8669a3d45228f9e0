"""Gives the Kafka users their rights, as `schemas.topic_rights` declares them."""

from collections.abc import Iterator
from enum import IntEnum

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest

from schemas.kafka_access import Broker, kafka_arguments
from schemas.topic_rights import RIGHTS

_ALLOW = 3


class _Resource(IntEnum):
    """Kafka's codes of what a right is about."""

    TOPIC = 2
    GROUP = 3


class _Pattern(IntEnum):
    """Kafka's codes of how it is named."""

    LITERAL = 3
    PREFIXED = 4


class _Operation(IntEnum):
    """Kafka's codes of what may be done."""

    ALL = 2
    READ = 3
    WRITE = 4


_Right = tuple[str, _Resource, str, _Pattern, _Operation]


class RightsRefused(RuntimeError):
    """Kafka refused to give a user its rights."""


async def grant(broker: Broker) -> None:
    """Give every service's user its rights; those that it has already stay as they are.

    Raises:
        KafkaError: Kafka is unavailable.
        RightsRefused: Kafka refused.
    """
    client = AIOKafkaClient(**kafka_arguments(broker))
    await client.bootstrap()
    try:
        for user, resource, name, pattern, operation in _rights():
            request = CreateAclsRequest(resource, name, pattern, f"User:{user}", "*", operation, _ALLOW)
            response = await client.send(client.get_random_node(), request)
            for code, message, *_ in response.creation_responses:
                if code:
                    raise RightsRefused(
                        f"Kafka refused to give {user} its rights: {message or for_code(code).__name__}"
                    )
    finally:
        await client.close()


def _rights() -> Iterator[_Right]:
    for user, rights in RIGHTS.items():
        for topic in rights.reads:
            yield user, _Resource.TOPIC, topic.name, _Pattern.LITERAL, _Operation.READ
        for topic in rights.writes:
            yield user, _Resource.TOPIC, topic.name, _Pattern.LITERAL, _Operation.WRITE
        if rights.group:
            yield user, _Resource.GROUP, rights.group, _Pattern.LITERAL, _Operation.ALL
        if rights.tables:
            yield user, _Resource.TOPIC, rights.tables, _Pattern.PREFIXED, _Operation.ALL
