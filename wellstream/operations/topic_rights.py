"""Makes the Kafka users' rights those that `schemas.topic_rights` declares, no less and no more."""

import asyncio
from collections.abc import Iterator
from enum import IntEnum

from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from schemas.kafka_access import Broker
from schemas.topic_rights import RIGHTS
from wellstream.operations.kafka_client import KafkaRequests, kafka_requests

_ANY = 1
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


_Right = tuple[str, int, str, int, str, int, int]
"""User, kind of resource, its name, kind of name, host, operation, whether that is allowed: Kafka's codes."""


class RightsRefused(RuntimeError):
    """Kafka refused to give a user its rights."""


async def grant(broker: Broker) -> None:
    """Give every service's user the rights that it lacks, and take away those that it should not have.

    Raises:
        KafkaError: Kafka is unavailable.
        RightsRefused: Kafka refused.
    """
    async with kafka_requests(broker) as kafka:
        given = {right for user in RIGHTS for right in await _given(kafka, user)}
        wanted = set(_rights())
        await asyncio.gather(
            *(_change(kafka, CreateAclsRequest, right) for right in wanted - given),
            *(_change(kafka, DeleteAclsRequest, right) for right in given - wanted),
        )


async def _given(kafka: KafkaRequests, user: str) -> list[_Right]:
    found = await kafka.send(DescribeAclsRequest(_ANY, None, _ANY, f"User:{user}", None, _ANY, _ANY))
    if found.error_code:
        raise RightsRefused(_refusal(user, found.error_code, found.error_message))
    return [
        (user, resource, name, pattern, host, operation, permission)
        for resource, name, pattern, rights in found.resources
        for _, host, operation, permission in rights
    ]


async def _change(kafka: KafkaRequests, request: type, right: _Right) -> None:
    user, resource, name, pattern, host, operation, permission = right
    done = await kafka.send(request(resource, name, pattern, f"User:{user}", host, operation, permission))
    results = done.creation_responses if request is CreateAclsRequest else done.filter_responses
    for code, message, *_ in results:
        if code:
            raise RightsRefused(_refusal(user, code, message))


def _refusal(user: str, code: int, message: str | None) -> str:
    return f"Kafka refused to change the rights of {user}: {message or for_code(code).__name__}"


def _rights() -> Iterator[_Right]:
    for user, resource, name, pattern, operation in _allowed():
        yield user, resource, name, pattern, "*", operation, _ALLOW


def _allowed() -> Iterator[tuple[str, _Resource, str, _Pattern, _Operation]]:
    for user, rights in RIGHTS.items():
        for topic in rights.reads:
            yield user, _Resource.TOPIC, topic.name, _Pattern.LITERAL, _Operation.READ
        for topic in rights.writes:
            yield user, _Resource.TOPIC, topic.name, _Pattern.LITERAL, _Operation.WRITE
        if rights.group:
            yield user, _Resource.GROUP, rights.group, _Pattern.LITERAL, _Operation.ALL
        if rights.tables:
            yield user, _Resource.TOPIC, rights.tables, _Pattern.PREFIXED, _Operation.ALL
