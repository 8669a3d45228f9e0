"""The store's process: reads the topics, writes DuckDB, serves it."""

import asyncio
import signal

import duckdb
from aiokafka import AIOKafkaProducer

from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS
from streams.store.quack import serve_read_only
from streams.store.reader import TopicReader, encoded, reached, rows_of
from streams.store.tables import offsets, open_store, write

_WAIT_MS = 200


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
        await _follow(settings.kafka, connection.cursor())
        connection.execute("checkpoint")
    finally:
        connection.close()


async def _follow(bootstrap: str, connection: duckdb.DuckDBPyConnection) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    connection.execute("set timezone = 'UTC'")
    async with (
        TopicReader(bootstrap, offsets(connection)) as reader,
        AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer,
    ):
        await refuse_other_topics(reader)
        while not stopping.is_set():
            records = await reader.next(_WAIT_MS)
            if not records:
                continue
            rows, letters = rows_of(records)
            for key, value in encoded(letters):
                await producer.send_and_wait(DEAD_LETTERS.name, value, key=key)
            await asyncio.to_thread(write, connection, rows, reached(records))


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
