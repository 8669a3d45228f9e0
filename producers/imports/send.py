"""Sends imported events to Kafka, with a limit on how many are in flight."""

import asyncio
from collections.abc import Callable, Sequence

from producers.imports.events import Event
from producers.kafka import Publisher, announce
from schemas.kafka_access import Broker
from schemas.study import Study

_AT_ONCE = 500
_LIMIT_SECONDS = 30.0


async def send(
    bootstrap: Broker, study: Study, events: Sequence[Event], report: Callable[[int], None]
) -> None:
    """Announce the study, then publish the events, each participant's in order.

    Args:
        bootstrap: Kafka's addresses.
        study: The study that the events belong to.
        events: The events; prompts come before their answers.
        report: Called with the number of events that Kafka has just acknowledged.

    Raises:
        PublishFailed: Kafka does not acknowledge them. Importing again is harmless.
        StudyChanged: The same `id@version` was announced with different content.
    """
    publisher = Publisher(bootstrap, limit=_LIMIT_SECONDS)
    try:
        await announce(study, bootstrap, publisher, {})
        for first in range(0, len(events), _AT_ONCE):
            batch = events[first : first + _AT_ONCE]
            await asyncio.gather(*(publisher.publish(event) for event in batch))
            report(len(batch))
    finally:
        await publisher.close()
