"""The store's process: reads the topics, writes DuckDB, and keeps a process for readers beside it."""

import asyncio
import json
import logging
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

import duckdb
from aiokafka import AIOKafkaProducer

from schemas.clock import now
from schemas.codec import encode
from schemas.faults import type_and_frames
from schemas.kafka_access import kafka_arguments
from schemas.settings import Settings
from schemas.stop_signals import on_stop
from schemas.topic_log import Partition, TopicReader
from schemas.topics import ALERTS, DEAD_LETTERS
from streams.store.background import in_background
from streams.store.batch_job import Batch, compute, keep, looked_at_again
from streams.store.feed import Feed, computed_tables
from streams.store.frames import Replaced
from streams.store.ingest import STORED, begun, encoded, reached, rows_of
from streams.store.limits import Limits
from streams.store.rebuild import RebuildRefused, catch_up, compare, put_in_place
from streams.store.retention import compare_beginnings, read_offsets
from streams.store.writer import asking, offsets, open_store, write

_log = logging.getLogger(__name__)
_WAIT_MS = 200
_ON_THE_WAY_SECONDS = 20.0
_AT_LEAST_EVERY = timedelta(hours=1)
_BACKLOG = 1024
_OK = 200


class TopicsReplaced(RuntimeError):
    """The store has read further than the topics reach: going on would pass over new records."""


class PortInUse(RuntimeError):
    """Another process listens on the store's port."""


@dataclass
class _Work:
    """What the parts of the process share.

    Attributes:
        stopping: Set by SIGTERM and SIGINT.
        writing: Held while rows are written or the file is checkpointed.
        computing: Held while a batch is under way.
        requests: Requests to put a rebuilt file in place: tables that may lose rows, and the answer.
    """

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    computing: asyncio.Lock = field(default_factory=asyncio.Lock)
    requests: list[tuple[list[str], "asyncio.Future[Replaced]"]] = field(default_factory=list)

    async def replace(self, accept_loss: list[str]) -> Replaced:
        """Ask for the rebuilt file to be put in place, and wait for the outcome."""
        answer: asyncio.Future[Replaced] = asyncio.get_running_loop().create_future()
        self.requests.append((accept_loss, answer))
        return await answer

    @property
    def interrupted(self) -> bool:
        """Whether the reading of topics should end or pause."""
        return self.stopping.is_set() or (bool(self.requests) and not self.computing.locked())


async def serve_store(settings: Settings) -> None:
    """Run the store until SIGTERM or SIGINT; finishes the rows under way.

    Raises:
        PortInUse: The port for readers is taken.
        StoreFileInUse: Another process owns the DuckDB file.
        TopicsReplaced: Kafka's topics are not those that the file was made from.
    """
    work = _Work()
    on_stop(work.stopping.set)
    settings.secret("store_token")
    owner = open_store(settings.store_path)
    try:
        with _listen(settings) as listener:
            limits = Limits(memory_mb=settings.store_query_memory_mb)
            feed = Feed(settings, listener, work.replace, limits)
            try:
                while not work.stopping.is_set():
                    owner = await _serve_file(settings, owner, work, feed)
            finally:
                await feed.end()
        with suppress(duckdb.TransactionException):  # a batch was cut off; its log is read at the next start
            owner.execute("checkpoint")
    finally:
        owner.close()


def _listen(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.store_listen, settings.store_port), backlog=_BACKLOG)
    except OSError:
        raise PortInUse(
            f"port {settings.store_port} on {settings.store_listen} is in use; stop what listens there, or "
            "choose another one with WELLSTREAM_STORE_PORT"
        ) from None


async def _serve_file(
    settings: Settings, owner: duckdb.DuckDBPyConnection, work: _Work, feed: Feed
) -> duckdb.DuckDBPyConnection:
    """Follow the topics with one file until the store stops or a rebuilt one is asked for; the next file."""
    for_copies = _cursor(owner)
    readers = asyncio.create_task(feed.run(for_copies, work.writing))
    try:
        await _follow(settings, owner, work, feed)
    finally:
        readers.cancel()
        await asyncio.wait({readers})
        for_copies.close()
    if work.stopping.is_set():
        return owner
    accept_loss, answer = work.requests.pop(0)
    owner, outcome = await _replaced(settings, owner, accept_loss)
    if outcome.status == _OK:
        feed.renew()
    if not answer.done():
        answer.set_result(outcome)
    return owner


async def _replaced(
    settings: Settings, owner: duckdb.DuckDBPyConnection, accept_loss: list[str]
) -> tuple[duckdb.DuckDBPyConnection, Replaced]:
    """The store after a rebuilt file was put in place or refused, and what is said of it."""
    try:
        await catch_up(settings, offsets(owner))
        report = await compare(settings, owner, accept_loss)
    except RebuildRefused as refused:
        return owner, Replaced(409, str(refused))
    except Exception as error:
        # Kafka is away or the disk is full: the store goes on with the file that it has.
        _log.error("the rebuilt file was not put in place: %s", type_and_frames(error))
        return owner, Replaced(
            500, f"the rebuilt file was not put in place ({type(error).__name__}); see the store's log"
        )
    return put_in_place(settings, owner), Replaced(_OK, json.dumps(asdict(report)))


async def _follow(settings: Settings, owner: duckdb.DuckDBPyConnection, work: _Work, feed: Feed) -> None:
    connection, for_batches = _cursor(owner), _cursor(owner)
    try:
        async with (
            TopicReader(settings.broker, offsets(connection), STORED) as reader,
            AIOKafkaProducer(
                **kafka_arguments(settings.broker), acks="all", enable_idempotence=True
            ) as producer,
        ):
            await refuse_other_topics(reader)
            await _report_deleted(reader, connection)
            batches = asyncio.create_task(_compute_often(settings, for_batches, producer, work, feed))
            try:
                while not work.interrupted:
                    records = await reader.next(_WAIT_MS)
                    if not records:
                        continue
                    rows, letters = rows_of(records)
                    for key, value in encoded(letters):
                        await producer.send_and_wait(DEAD_LETTERS.name, value, key=key)
                    parts = (rows, reached(records), begun(records))
                    async with work.writing:
                        await asyncio.to_thread(write, connection, *parts)
                        feed.written(*parts)
            finally:
                for_batches.interrupt()
                batches.cancel()
                await asyncio.wait({batches})
    finally:
        connection.close()
        for_batches.close()


def _cursor(owner: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection = owner.cursor()
    connection.execute("set timezone = 'UTC'")
    return connection


async def _compute_often(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    producer: AIOKafkaProducer,
    work: _Work,
    feed: Feed,
) -> None:
    """Compute the batch and publish its alerts, as often as the settings say; its models once a day.

    Where nothing was stored since the last one, it is computed again only after an hour.
    """
    modelled: date | None = None
    computed: tuple[dict[Partition, int], datetime] | None = None
    while True:
        await asyncio.sleep(60 * settings.batch_minutes)
        at, reached_now = now(), offsets(connection)
        if computed and computed[0] == reached_now and at - computed[1] < _AT_LEAST_EVERY:
            continue
        try:
            async with work.computing:
                await _compute(connection, producer, feed, at, models=at.date() != modelled)
            modelled, computed = at.date(), (reached_now, at)
        except Exception as error:
            # What comes in is stored all the same; the next batch tries again.
            _log.error("the batch failed: %s", type_and_frames(error))


async def _compute(
    connection: duckdb.DuckDBPyConnection,
    producer: AIOKafkaProducer,
    feed: Feed,
    at: datetime,
    *,
    models: bool,
) -> None:
    batches = await in_background(lambda: compute(asking(connection), at, models=models))
    if any(batch.drift.different for batch in batches):
        await asyncio.sleep(_ON_THE_WAY_SECONDS)
        found = batches
        batches = await in_background(lambda: looked_at_again(asking(connection), found, at))
    feed.computed(await asyncio.to_thread(_keep, connection, batches, at))
    for alert in (alert for batch in batches for alert in batch.alerts):
        await producer.send_and_wait(ALERTS.name, encode(alert), key=alert.participant.encode())


def _keep(connection: duckdb.DuckDBPyConnection, batches: list[Batch], at: datetime) -> dict[str, bytes]:
    keep(connection, batches, at)
    return computed_tables(connection)


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
