"""The store's process: reads the topics, writes DuckDB, serves it."""

import asyncio
import logging
import signal
from datetime import date, datetime

import duckdb
from aiokafka import AIOKafkaProducer

from schemas.clock import now
from schemas.codec import encode
from schemas.faults import type_and_frames
from schemas.settings import Settings
from schemas.topic_log import TopicReader
from schemas.topics import ALERTS, DEAD_LETTERS
from streams.store.batch_job import compute, keep, looked_at_again
from streams.store.ingest import STORED, begun, encoded, reached, rows_of
from streams.store.quack import serve_read_only
from streams.store.retention import compare_beginnings, read_offsets
from streams.store.writer import asking, offsets, open_store, write

_log = logging.getLogger(__name__)
_WAIT_MS = 200
_ON_THE_WAY_SECONDS = 20.0


class TopicsReplaced(RuntimeError):
    """The store has read further than the topics reach: going on would pass over new records."""


async def serve_store(settings: Settings) -> None:
    """Run the store until SIGTERM or SIGINT; finishes the batch under way.

    Raises:
        StoreFileInUse: Another process owns the DuckDB file.
        TopicsReplaced: Kafka's topics are not those that the file was made from.
    """
    connection = open_store(settings.store_path)
    try:
        serve_read_only(
            connection, settings.store_listen, settings.store_port, settings.secret("store_token")
        )
        await _follow(settings, connection)
        connection.execute("checkpoint")
    finally:
        connection.close()


async def _follow(settings: Settings, owner: duckdb.DuckDBPyConnection) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    connection = _cursor(owner)
    async with (
        TopicReader(settings.kafka, offsets(connection), STORED) as reader,
        AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True) as producer,
    ):
        await refuse_other_topics(reader)
        await _report_deleted(reader, connection)
        batches = asyncio.create_task(_compute_often(settings, _cursor(owner), producer))
        try:
            while not stopping.is_set():
                records = await reader.next(_WAIT_MS)
                if not records:
                    continue
                rows, letters = rows_of(records)
                for key, value in encoded(letters):
                    await producer.send_and_wait(DEAD_LETTERS.name, value, key=key)
                await asyncio.to_thread(write, connection, rows, reached(records), begun(records))
        finally:
            batches.cancel()
            await asyncio.wait({batches})


def _cursor(owner: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection = owner.cursor()
    connection.execute("set timezone = 'UTC'")
    return connection


async def _compute_often(
    settings: Settings, connection: duckdb.DuckDBPyConnection, producer: AIOKafkaProducer
) -> None:
    """Compute the batch and publish its alerts, as often as the settings say; its models once a day."""
    modelled: date | None = None
    while True:
        await asyncio.sleep(60 * settings.batch_minutes)
        at = now()
        try:
            await _compute(connection, producer, at, models=at.date() != modelled)
            modelled = at.date()
        except Exception as error:
            # What comes in is stored all the same; the next batch tries again.
            _log.error("the batch failed: %s", type_and_frames(error))


async def _compute(
    connection: duckdb.DuckDBPyConnection, producer: AIOKafkaProducer, at: datetime, *, models: bool
) -> None:
    batches = await asyncio.to_thread(compute, asking(connection), at, models=models)
    if any(batch.drift.different for batch in batches):
        await asyncio.sleep(_ON_THE_WAY_SECONDS)
        batches = await asyncio.to_thread(looked_at_again, asking(connection), batches, at)
    await asyncio.to_thread(keep, connection, batches, at)
    for alert in (alert for batch in batches for alert in batch.alerts):
        await producer.send_and_wait(ALERTS.name, encode(alert), key=alert.participant.encode())


async def _report_deleted(reader: TopicReader, connection: duckdb.DuckDBPyConnection) -> None:
    """Log what Kafka deleted before the store read it: nothing shows it once the store has gone on."""
    for deleted in compare_beginnings(read_offsets(asking(connection)), await reader.beginnings()):
        if deleted.unread:
            _log.error("%s", deleted)


async def refuse_other_topics(reader: TopicReader) -> None:
    """Look whether the topics reach as far as the store has read.

    Raises:
        TopicsReplaced: One does not.
    """
    ends = await reader.ends()
    for (topic, partition), offset in reader.expected.items():
        if offset > ends.get((topic, partition), offset):
            raise TopicsReplaced(
                f"the store has read {topic} up to {offset} on partition {partition}, but it ends at "
                f"{ends[topic, partition]}: Kafka's data were lost or replaced. Restore them, or run "
                "`wellstream rebuild` to make the store from what is there"
            )
