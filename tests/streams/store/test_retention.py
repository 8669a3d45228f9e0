"""A topic whose beginning was deleted: it is said, and a rebuild keeps the rows that would be lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from pydantic import SecretStr

from schemas.codec import encode
from schemas.events import CheckInSubmitted, PromptSent
from schemas.settings import Settings
from schemas.topic_log import TopicReader
from schemas.topics import CHECKINS, PROMPTS
from streams.store.digest import digests
from streams.store.ingest import STORED, begun, reached, rows_of
from streams.store.rebuild import RowsLost, UnknownTable, rebuild
from streams.store.retention import RECORD, Deleted, compare_beginnings, deleted_records
from streams.store.writer import asking, offsets, open_store, write
from tests.served import serve_read_only
from tests.streams.indicators.test_update import EVENTS
from wellstream.local.kafka import free_port, local_kafka
from wellstream.operations import doctor
from wellstream.operations.findings import Finding
from wellstream.operations.topics import create_topics

SENT = [event for event in EVENTS if isinstance(event, CheckInSubmitted | PromptSent)][:12]
ANSWERED = sum(isinstance(event, CheckInSubmitted) for event in SENT)
PLACE = (CHECKINS.name, 3)


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """A Kafka of its own with a few events, and a store that has read them."""
    with local_kafka(tmp_path / "kafka") as bootstrap:
        await create_topics(bootstrap)
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            for event in SENT:
                topic = CHECKINS if isinstance(event, CheckInSubmitted) else PROMPTS
                await producer.send_and_wait(topic.name, encode(event), partition=3)
        made = Settings(home=tmp_path, kafka=bootstrap)
        with open_store(made.store_path) as store:
            async with TopicReader(bootstrap, {}, STORED) as reader:
                async for records in reader.to_end():
                    write(store, rows_of(records)[0], reached(records), begun(records))
        yield made


async def delete(bootstrap: str, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(*PLACE): RecordsToDelete(before_offset=before)})
    await admin.close()


async def gone(settings: Settings, record_days: int | None = None) -> list[Deleted]:
    with open_store(settings.store_path) as store:
        return await deleted_records(settings.kafka, asking(store), record_days)


async def doctor_on_the_record(settings: Settings) -> list[Finding]:
    """What `wellstream doctor` says of the record, with the store running."""
    served = settings.model_copy(update={"store_port": free_port(), "store_token": SecretStr("token")})
    with open_store(settings.store_path) as store:
        serve_read_only(store, "localhost", served.store_port, "token")
        return await asyncio.to_thread(lambda: list(doctor._record(served)))


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_deleted_beginning_is_noticed_and_a_rebuild_loses_nothing_untold(settings: Settings) -> None:
    assert await gone(settings) == []
    assert [finding.ok for finding in await doctor_on_the_record(settings)] == [True]
    assert (await rebuild(settings)).after["checkin_versions"][0] == ANSWERED
    await delete(settings.kafka, 2)

    (found,) = await gone(settings)
    assert (found.topic, found.stored, found.unread, found.intended) == (CHECKINS.name, 2, 0, False)
    assert "younger than the store's oldest row" in str(found)
    assert (await gone(settings, record_days=500))[0].intended
    (said,) = await doctor_on_the_record(settings)
    assert not said.ok
    assert "checkins.v1 is younger" in said.text

    with open_store(settings.store_path) as store:
        before = digests(store)
        store.execute("insert into drift values ('demo', now(), 3, 90, 0)")
    with pytest.raises(RowsLost, match=r"checkin_versions 2 of 5, answer_versions \d+ of \d+") as refused:
        await rebuild(settings)
    with open_store(settings.store_path) as store:
        assert digests(store) == before
    assert [path.name for path in settings.home.glob("*.duckdb*")] == [settings.store_path.name]

    named = re.findall(r"--accept-loss (\w+)", str(refused.value))
    assert named == ["checkin_versions", "answer_versions"]
    with pytest.raises(RowsLost, match="run `wellstream rebuild --accept-loss answer_versions`"):
        await rebuild(settings, named[:1])
    report = await rebuild(settings, named)
    assert report.after["checkin_versions"][0] == ANSWERED - 2
    assert await gone(settings) == [], "what the store has no rows of any more cannot be lost"
    with open_store(settings.store_path) as store:
        assert offsets(store)[PLACE] == ANSWERED
        assert store.execute("select compared from drift").fetchall() == [(90,)]


async def test_an_unknown_table_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UnknownTable, match="no table check_ins"):
        await rebuild(Settings(kafka="nowhere:1"), ["check_ins"])


def test_what_was_deleted_before_the_store_read_it_is_lost_for_good() -> None:
    (found,) = compare_beginnings({PLACE: (0, 5)}, {PLACE: 7, (PROMPTS.name, 0): 4}, 500)
    assert (found.stored, found.unread, found.intended) == (5, 2, False)
    assert "before the store read them" in str(found)


def test_a_store_that_begins_later_has_nothing_to_lose() -> None:
    assert compare_beginnings({PLACE: (7, 9)}, {PLACE: 7}) == []
    assert {topic.name for topic in STORED} - {topic.name for topic in RECORD} == {"indicators.v1"}
