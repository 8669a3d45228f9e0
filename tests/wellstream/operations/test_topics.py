"""Topics on a real broker: settings that differ are shown, and applied when asked for."""

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from rich.console import Console

from schemas.settings import Settings
from schemas.topics import CHECKINS, CONSENTS, INDICATORS, PARTICIPANTS, STUDIES, TEXTS, TOPICS, Topic
from streams.store.ingest import STORED
from tests.conftest import DEMO
from wellstream.cli.store import topics_table
from wellstream.local.kafka import local_kafka
from wellstream.operations import doctor
from wellstream.operations.topics import (
    EarlierTopics,
    RetentionTooShort,
    align_topics,
    create_topics,
    record_retention,
    topic_states,
)

YEAR_MS = str(365 * 24 * 60 * 60 * 1000)


@pytest.fixture
def topic() -> Topic:
    return Topic(f"kept-{uuid4().hex[:8]}", "A topic of this test.", partitions=1)


def test_whatever_the_store_has_rows_of_is_kept_for_ever() -> None:
    derived = {topic for topic in TOPICS if isinstance(topic.kept, int)}
    assert derived == {INDICATORS, TEXTS}
    assert all(topic.retention_days() is None for topic in STORED if topic is not INDICATORS)


def test_the_settings_shorten_the_record_but_not_what_it_is_read_with() -> None:
    assert CHECKINS.retention_days(500) == 500
    assert TEXTS.retention_days(500) == 3
    assert [topic.retention_days(500) for topic in (STUDIES, PARTICIPANTS, CONSENTS)] == [None] * 3


@pytest.mark.parametrize(("days", "least"), [(145, 146), (1, 146)])
def test_a_record_shorter_than_the_study_is_refused(days: int, least: int) -> None:
    with pytest.raises(RetentionTooShort, match=f"at least {least}"):
        record_retention(Settings(study=DEMO, record_retention_days=days))


def test_an_empty_variable_keeps_the_record_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSTREAM_RECORD_RETENTION_DAYS", "")
    assert record_retention(Settings(study=DEMO)) is None


def test_a_record_longer_than_the_study_or_for_ever_is_kept() -> None:
    assert record_retention(Settings(study=DEMO, record_retention_days=146)) == 146
    assert record_retention(Settings(study=DEMO)) is None


@pytest.mark.kafka
async def test_a_changed_retention_is_shown_and_applied(kafka: str, topic: Topic) -> None:
    await create_topics(kafka, [replace(topic, kept=365)])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    mine = {"retention.ms": YEAR_MS, "cleanup.policy": "delete", "segment.bytes": "2000000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, mine)])
    assert await create_topics(kafka, [topic]) == []

    (found,) = await align_topics(kafka, [topic])
    assert found.differences["retention.ms"] == (YEAR_MS, "-1")
    assert not found.created
    (still,) = await topic_states(kafka, [topic])
    assert "retention.ms" in still.differences

    await align_topics(kafka, [topic], apply=True)
    (after,) = await topic_states(kafka, [topic])
    assert after.differences == {}
    (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
    own = {entry[0]: entry[1] for entry in response.resources[0][4]}
    assert own["segment.bytes"] == "2000000"
    await admin.close()


@pytest.mark.kafka
async def test_doctor_names_a_topic_whose_retention_is_another(broker: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, CHECKINS.name, {"retention.ms": YEAR_MS})]
    )
    await admin.close()
    try:
        (found,) = await asyncio.to_thread(lambda: list(doctor._topics(Settings(kafka=broker))))
        assert not found.ok
        assert "declared: checkins.v1" in found.text
        assert found.remedy == "run `wellstream topics --apply`"
    finally:
        await align_topics(broker, apply=True)
    (found,) = await asyncio.to_thread(lambda: list(doctor._topics(Settings(kafka=broker))))
    assert found.ok


@pytest.mark.kafka
async def test_a_missing_topic_is_created_as_the_settings_say(kafka: str, topic: Topic) -> None:
    (found,) = await align_topics(kafka, [topic], record_days=365)
    assert found.created
    assert found.actual["retention.ms"] == YEAR_MS


@pytest.mark.kafka
async def test_topics_of_an_earlier_checkout_are_refused(tmp_path: Path) -> None:
    with local_kafka(tmp_path) as bootstrap:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("dialogue.v1", 1, 1)])
        await admin.close()
        with pytest.raises(EarlierTopics, match=r"dialogue\.v1.*start afresh"):
            await create_topics(bootstrap)


@pytest.mark.kafka
def test_the_command_shows_what_differs_and_what_it_changed(kafka: str, topic: Topic) -> None:
    asyncio.run(create_topics(kafka, [replace(topic, kept=365)]))
    for apply, words in ((False, "is 365 days, should be for ever"), (True, "was 365 days, now for ever")):
        found = asyncio.run(align_topics(kafka, [topic], apply=apply))
        console = Console(width=200, record=True, file=io.StringIO())
        console.print(topics_table(found, applied=apply))
        assert f"retention.ms {words}" in console.export_text()
