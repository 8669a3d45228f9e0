"""Makes Kafka's users those that it should have: their passwords, whatever it knew before."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from schemas.kafka_access import PLAIN, KafkaAccess
from wellstream.operations.kafka_client import kafka_requests

_SHA_512 = 2
_ITERATIONS = 4096
_LOOKS = 50
_LOOK_SECONDS = 0.1


class UsersRefused(RuntimeError):
    """Kafka refused to change a user."""


class _Response(Response):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Struct(RequestStruct):  # type: ignore[misc] # aiokafka has no types
    """AlterUserScramCredentials, which aiokafka does not have."""

    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _SetPasswords(Request[_Struct]):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        fresh: list[tuple[Any, ...]] = [
            (name, _SHA_512, _ITERATIONS, *_salted(password), {})
            for name, password in self._passwords.items()
        ]
        return request_struct_class([], fresh, {})


async def set_passwords(operator: KafkaAccess, passwords: Mapping[str, str]) -> None:
    """Set users' passwords, and wait until Kafka knows the operator's.

    Kafka has the operator's password from its own configuration, too, and takes it there in plain text (over
    TLS, where there is TLS): it always lets the operator in, so that a lost or new password locks nobody out.

    Args:
        operator: The operator's access.
        passwords: Password by user, the operator's among them.

    Raises:
        KafkaError: Kafka is unavailable, or does not know the operator.
        UsersRefused: Kafka refused.
    """
    async with kafka_requests(replace(operator, mechanism=PLAIN)) as kafka:
        response = await kafka.send(_SetPasswords(passwords))
    for user, code, message, *_ in response.results:
        if code:
            why = message or for_code(code).__name__
            raise UsersRefused(f"Kafka refused to set the password of {user}: {why}")
    await _known(operator)


async def _known(operator: KafkaAccess) -> None:
    for look in range(_LOOKS):
        try:
            async with kafka_requests(operator):
                return
        except KafkaError:
            if look == _LOOKS - 1:
                raise
            await asyncio.sleep(_LOOK_SECONDS)


def _salted(password: str) -> tuple[bytes, bytes]:
    salt = secrets.token_bytes(24)
    return salt, hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
