"""The agents' ports on a Faust application: its producer and tables, and the definitions from Kafka."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import faust
from aiokafka.errors import KafkaError

from schemas import topics
from schemas.announced_studies import KnownVersions
from schemas.codec import encode
from schemas.events import Event
from schemas.kafka_access import KafkaAccess
from schemas.study.versions import Versions
from schemas.topics import Topic, topic_of
from streams.worker.partitioning import learn_partitions
from streams.worker.ports import SendFailed

_SEND_SECONDS = 60.0


def credentials(access: KafkaAccess) -> Any:
    """How Faust connects to Kafka; None without user and TLS."""
    if access.user:
        return faust.SASLCredentials(
            username=access.user, password=access.password, mechanism=access.mechanism, ssl_context=access.tls
        )
    return faust.SSLCredentials(context=access.tls) if access.ca else None


def declare(app: faust.App, *declared: Topic) -> Any:
    """The topics as a Faust channel, with raw keys and values."""
    return app.topic(
        *(topic.name for topic in declared), key_type=bytes, value_type=bytes,
        key_serializer="raw", value_serializer="raw",
    )  # fmt: skip


class FaustSender:
    """Sends events through an application's producer.

    Args:
        app: The application.
        outputs: The topics of every event that may be sent.
    """

    def __init__(self, app: faust.App, outputs: Iterable[Topic]) -> None:
        self._app = app
        self._topics = {topic.name: declare(app, topic) for topic in outputs}

    async def __call__(self, events: Sequence[Event]) -> None:
        """Send the events, and return when Kafka has them and all earlier changes to tables.

        Raises:
            SendFailed: Kafka did not accept all of them within a minute.
        """
        await self.learn({topic_of(event).name for event in events})
        sent = [
            self._topics[topic_of(event).name].send_soon(
                key=event.participant.encode() if event.participant else None, value=encode(event)
            )
            for event in events
        ]
        producer = self._app.producer
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                while producer.buffer.size:
                    await producer.buffer.flush()
                await asyncio.gather(*sent)
                await producer.flush()
        except Exception as error:
            raise SendFailed from error

    async def learn(self, names: Iterable[str]) -> None:
        """Make sure that the producer knows the partitions of some topics.

        Raises:
            SendFailed: Kafka is unavailable, or one of the topics does not exist yet.
        """
        producer = cast("Any", self._app.producer)._ensure_producer()  # noqa: SLF001 - Faust offers no public access
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                for name in sorted(names):
                    await learn_partitions(producer, name)
        except Exception as error:
            raise SendFailed from error


class FaustStates:
    """States by participant, in a table of a Faust application."""

    def __init__(self, app: faust.App, name: str, sender: FaustSender) -> None:
        self._table: Any = app.Table(name, key_type=bytes, partitions=topics.PARTITIONS, use_partitioner=True)
        self._sender = sender

    def get(self, participant: str) -> Any:
        """The state saved last; None if there is none."""
        return self._table.get(participant.encode())

    async def keep(self, states: Mapping[str, Any]) -> None:
        """Write to the table; the next send waits for its changes.

        Raises:
            SendFailed: Kafka is unavailable, or the table's changelog does not exist yet.
        """
        await self._sender.learn([self._table.changelog_topic.get_topic_name()])
        for participant, state in states.items():
            self._table[participant.encode()] = state


class AnnouncedStudies:
    """The announced definitions; if Kafka is unavailable, that is `SendFailed` and no fault of the batch."""

    def __init__(self, known: KnownVersions) -> None:
        self._known = known

    async def having(self, refs: Iterable[str]) -> Versions:
        """The definitions; one of `refs` is missing only if it was never announced.

        Raises:
            SendFailed: Kafka is unavailable.
        """
        try:
            return await self._known.having(refs)
        except (KafkaError, OSError) as error:
            raise SendFailed from error
