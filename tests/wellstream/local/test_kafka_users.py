"""Kafka knows who speaks: nobody without a password, and everybody within their rights."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import SecretStr

from schemas.kafka_access import PLAIN, KafkaAccess, kafka_arguments
from schemas.settings import Settings
from schemas.topic_rights import OPERATOR, RIGHTS
from schemas.topics import ALERTS, CHECKINS, DEAD_LETTERS, SAFETY, TEXTS, TOPICS
from streams.store.ingest import STORED
from streams.worker.app import outputs
from wellstream.local.environment import SECRETS, environment_of
from wellstream.local.kafka import free_port, kafka_service
from wellstream.local.kafka_users import kafka_users
from wellstream.local.supervisor import Supervisor
from wellstream.operations.kafka_client import kafka_requests
from wellstream.operations.kafka_users import set_passwords
from wellstream.operations.topic_rights import grant
from wellstream.operations.topics import create_topics

pytestmark = pytest.mark.kafka
SHORT = {"request_timeout_ms": 3000, "retry_backoff_ms": 50}
FORGED = b"somebody else's words"


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, KafkaAccess]]:
    """Everybody's access to a broker that asks for users, by user."""
    home = tmp_path_factory.mktemp("users")
    users = kafka_users(home)
    service = kafka_service(home / "kafka", free_port(), users)
    with Supervisor(home, [service]):
        found = {name: KafkaAccess(service.address, name, password) for name, password in users.items()}
        asyncio.run(_prepare(found[OPERATOR], users))
        yield found


async def _prepare(operator: KafkaAccess, users: dict[str, str]) -> None:
    await set_passwords(operator, users)
    await create_topics(operator)
    for _ in range(2):  # at every start
        await grant(operator)


async def write(access: KafkaAccess, topic: str) -> None:
    producer = AIOKafkaProducer(**kafka_arguments(access), **SHORT)
    try:
        await producer.start()
        await asyncio.wait_for(producer.send_and_wait(topic, FORGED), 10)
    finally:
        await producer.stop()


async def read(access: KafkaAccess, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, **kafka_arguments(access), auto_offset_reset="earliest", **SHORT)
    try:
        await consumer.start()
        found = await asyncio.wait_for(consumer.getmany(timeout_ms=5000), 15)
        return [record.value for records in found.values() for record in records]
    finally:
        await consumer.stop()


async def test_nobody_gets_in_without_a_password(access: dict[str, KafkaAccess]) -> None:
    await write(access[OPERATOR], CHECKINS.name)
    stranger = KafkaAccess(access[OPERATOR].servers)
    wrong = replace(access["gateway"], password="guessed")
    for one in (stranger, wrong):
        with pytest.raises((KafkaError, TimeoutError)):
            await write(one, CHECKINS.name)
        with pytest.raises((KafkaError, TimeoutError)):
            await read(one, CHECKINS.name)


@pytest.mark.parametrize("user", RIGHTS)
async def test_a_service_writes_what_it_may_and_nothing_else(
    access: dict[str, KafkaAccess], user: str
) -> None:
    for topic in RIGHTS[user].writes[:1]:
        await write(access[user], topic.name)
    refused = next(topic for topic in (ALERTS, CHECKINS) if topic not in RIGHTS[user].writes)
    with pytest.raises(TopicAuthorizationFailedError):
        await write(access[user], refused.name)


@pytest.mark.parametrize(("user", "topic"), [("notifier", CHECKINS), ("gateway", SAFETY), ("worker", ALERTS)])
async def test_a_service_reads_what_it_may_and_nothing_else(
    access: dict[str, KafkaAccess], user: str, topic: object
) -> None:
    name = getattr(topic, "name", "")
    await write(access[OPERATOR], name)
    found: list[bytes] = []
    with suppress(TopicAuthorizationFailedError):
        found = await read(access[user], name)
    assert found == []


async def test_a_right_that_nobody_declared_is_taken_away(access: dict[str, KafkaAccess]) -> None:
    by_hand = CreateAclsRequest(2, TEXTS.name, 3, "User:notifier", "*", 4, 3)
    async with kafka_requests(access[OPERATOR]) as kafka:
        await kafka.send(by_hand)
    await write(access["notifier"], TEXTS.name)
    await grant(access[OPERATOR])
    with pytest.raises(TopicAuthorizationFailedError):
        await write(access["notifier"], TEXTS.name)
    await write(access["planner"], TEXTS.name)


async def test_a_new_password_takes_the_place_of_the_old_one(access: dict[str, KafkaAccess]) -> None:
    await set_passwords(access[OPERATOR], {"planner": "the new one"})
    await write(replace(access["planner"], password="the new one"), TEXTS.name)
    with pytest.raises((KafkaError, TimeoutError)):
        await write(access["planner"], TEXTS.name)
    await set_passwords(access[OPERATOR], {"planner": access["planner"].password})
    await write(access["planner"], TEXTS.name)


async def test_only_the_operator_may_send_a_password_in_plain_text(access: dict[str, KafkaAccess]) -> None:
    await write(replace(access[OPERATOR], mechanism=PLAIN), TEXTS.name)
    with pytest.raises((KafkaError, TimeoutError)):
        await write(replace(access["planner"], mechanism=PLAIN), TEXTS.name)


def test_a_lost_password_file_locks_nobody_out(tmp_path: Path) -> None:
    for _ in range(2):
        users = kafka_users(tmp_path)
        service = kafka_service(tmp_path / "kafka", free_port(), users)
        with Supervisor(tmp_path, [service]):
            operator = KafkaAccess(service.address, OPERATOR, users[OPERATOR])
            asyncio.run(_prepare(operator, users))
            asyncio.run(write(KafkaAccess(service.address, "store", users["store"]), ALERTS.name))
        (tmp_path / "kafka-users.json").unlink()


def test_there_is_a_setting_for_each_users_password() -> None:
    passwords = {f"kafka_{user}_password": SecretStr(user) for user in RIGHTS}
    settings = Settings.model_validate({"kafka_user": "me", "kafka_password": "mine", **passwords})
    assert settings.kafka_users == {"me": "mine"} | {user: user for user in RIGHTS}


def test_rights_are_those_of_the_consumers_and_producers() -> None:
    assert outputs() <= {*RIGHTS["worker"].writes}
    assert set(RIGHTS["store"].reads) == set(STORED)
    assert set(RIGHTS["store"].writes) == {ALERTS, DEAD_LETTERS}
    written = {topic for rights in RIGHTS.values() for topic in rights.writes}
    assert written == set(TOPICS)
    assert {user for user, rights in RIGHTS.items() if TEXTS in rights.writes} == {"worker", "planner"}


def every_secret(home: Path) -> Settings:
    names = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    return Settings.model_validate(
        {"home": home, "kafka_user": OPERATOR} | {name: SecretStr(f"the {name}") for name in names}
    )


@pytest.mark.parametrize("service", SECRETS)
def test_a_service_knows_its_own_secrets_alone(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLSTREAM_VAULT_KEY", "from the shell")
    found = environment_of(service, every_secret(tmp_path))
    known = {value for value in found.values() if value.startswith("the ")}
    assert known == {f"the {name}" for name in SECRETS[service]}
    assert "from the shell" not in found.values()
    passwords = kafka_users(tmp_path)
    assert [user for user, password in passwords.items() if password in found.values()] == (
        [service] if service in passwords else []
    )


def test_every_secret_is_somebodys(tmp_path: Path) -> None:
    secrets = {name for name, value in every_secret(tmp_path) if isinstance(value, SecretStr)}
    assert secrets - {name for names in SECRETS.values() for name in names} == {
        "kafka_password", *(f"kafka_{user}_password" for user in RIGHTS)
    }  # fmt: skip


def test_only_the_owner_reads_the_passwords(tmp_path: Path) -> None:
    again = kafka_users(tmp_path)
    assert again == kafka_users(tmp_path)
    assert (tmp_path / "kafka-users.json").stat().st_mode & 0o777 == 0o600
