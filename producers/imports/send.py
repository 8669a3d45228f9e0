"""Sending imported events through Kafka, with a bound on how many are under way."""

import asyncio
from collections.abc import Callable, Sequence

from producers.imports.events import Event
from producers.kafka import Publisher, announce
from schemas.study import Study

_AT_ONCE = 500
_LIMIT_SECONDS = 30.0


async def send(bootstrap: str, study: Study, events: Sequence[Event], report: Callable[[int], None]) -> None:
    """Announce the study, then publish the events; each person's in their order.

    Args:
        bootstrap: Kafka's addresses.
        study: What the events are of.
        events: Prompts before their answers.
        report: Is told how many more are with Kafka.

    Raises:
        PublishFailed: Kafka does not take them. Importing again is harmless.
        StudyChanged: The same `id@version` was announced with other content.
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
