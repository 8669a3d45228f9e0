"""The idempotent publisher: an event counts as published once all in-sync replicas have it."""

import asyncio
import logging
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from schemas.codec import encode
from schemas.events import DeadLetter, Event
from schemas.identity import digest
from schemas.kafka_access import Broker, kafka_arguments
from schemas.receipts import Receipt
from schemas.topics import topic_of

_log = logging.getLogger(__name__)
_LINGER_MS = 5
_REQUEST_TIMEOUT_MS = 10_000
_READY_SECONDS = 2.0
_CLOSE_SECONDS = 10.0


class PublishFailed(RuntimeError):
    """Kafka has not acknowledged in time. The event may still arrive: its id makes that harmless."""


class Publisher:
    """Sends events and waits until Kafka has them.

    It connects on first use and reconnects by itself after Kafka was unavailable.

    Args:
        bootstrap: Kafka's addresses, `host:port`, separated by commas.
        limit: Seconds until an event counts as not published.
        capacity: How many events may be in flight; more are refused at once.
    """

    def __init__(self, bootstrap: Broker, *, limit: float = 4.0, capacity: int = 2000) -> None:
        self._bootstrap = bootstrap
        self._limit = limit
        self._capacity = capacity
        self._in_flight = 0
        self._connection: asyncio.Task[AIOKafkaProducer] | None = None
        self._retired: set[asyncio.Task[None]] = set()

    async def publish(self, event: Event) -> Receipt:
        """Send an event to its topic, keyed by its participant.

        A dead letter without a participant is keyed by its record's key.

        Raises:
            PublishFailed: Kafka has not acknowledged it within the limit.
        """
        key = event.participant.encode() if event.participant else None
        if key is None and isinstance(event, DeadLetter):
            key = event.key
        topic, value = topic_of(event).name, encode(event)
        partition, offset = await self.put(topic, key, value)
        return Receipt(
            event_id=event.event_id, topic=topic, partition=partition, offset=offset, digest=digest(value)
        )

    async def put(self, topic: str, key: bytes | None, value: bytes) -> tuple[int, int]:
        """Send a record; returns its partition and offset.

        Raises:
            PublishFailed: Kafka has not acknowledged it within the limit.
        """
        if self._in_flight >= self._capacity:
            raise PublishFailed(f"{self._in_flight} events are waiting for Kafka already")
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._limit):
                return await self._send(topic, key, value)
        except (TimeoutError, OSError, KafkaError) as error:
            raise PublishFailed(f"Kafka has not acknowledged: {type(error).__name__}") from None
        finally:
            self._in_flight -= 1

    async def ready(self) -> bool:
        """Whether Kafka answers."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                producer = await self._producer()
                return bool(await producer.client.force_metadata_update())
        except (TimeoutError, OSError, KafkaError):
            return False

    async def close(self) -> None:
        """Wait up to 10 s for the events in flight, then disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await _stop(connection)
        if self._retired:
            await asyncio.wait(self._retired)

    async def _send(self, topic: str, key: bytes | None, value: bytes) -> tuple[int, int]:
        producer = await self._producer()
        try:
            acknowledgement = await producer.send(topic, value, key=key)
            # The batch contains others' events too: our time limit must not cancel it.
            sent = await asyncio.shield(acknowledgement)
        except KafkaTimeoutError:
            raise
        except KafkaError:
            self._retire()
            raise
        return sent.partition, sent.offset

    async def _producer(self) -> AIOKafkaProducer:
        if self._connection is None or (self._connection.done() and _failed(self._connection)):
            self._connection = asyncio.create_task(self._connect())
        return await asyncio.shield(self._connection)

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **kafka_arguments(self._bootstrap),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            linger_ms=_LINGER_MS,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    def _retire(self) -> None:
        """Give up a producer that Kafka refused: the next event gets a new one, with a new producer id."""
        connection, self._connection = self._connection, None
        if connection is not None:
            task = asyncio.create_task(_stop(connection))
            self._retired.add(task)
            task.add_done_callback(self._retired.discard)


def _failed(task: asyncio.Task[AIOKafkaProducer]) -> bool:
    return task.cancelled() or task.exception() is not None


async def _stop(connection: asyncio.Task[AIOKafkaProducer]) -> None:
    if not connection.done():
        connection.cancel()
        with suppress(asyncio.CancelledError, OSError, KafkaError):
            await connection
    if _failed(connection):
        return
    producer = connection.result()
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await producer.stop()
    except (TimeoutError, OSError, KafkaError) as error:
        _log.warning("Kafka did not take the last events before the end: %s", type(error).__name__)
        await producer.client.close()
