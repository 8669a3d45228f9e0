"""Puts dead letters back on their topics, once the cause has been fixed."""

from contextlib import suppress
from dataclasses import dataclass

from producers.kafka.publisher import Publisher
from schemas.codec import Unreadable, decode
from schemas.events import DeadLetter, Reason
from schemas.kafka_access import Broker
from schemas.settings import Settings
from schemas.topic_log import read_to_end
from schemas.topics import DEAD_LETTERS, TOPICS

_LIMIT_SECONDS = 30.0
REPLAYABLE = {topic.name for topic in TOPICS} - {DEAD_LETTERS.name}
"""The topics on which dead letters can be put back."""


@dataclass(frozen=True)
class Replayed:
    """How many dead letters were replayed.

    Attributes:
        sent: Those put back on their topics.
        left: Those that cannot be, because they never reached a topic, or were too large to be kept whole.
    """

    sent: int
    left: int

    def __str__(self) -> str:
        return f"replayed={self.sent} left={self.left}"


async def replay(settings: Settings, reason: Reason | None = None, topic: str | None = None) -> Replayed:
    """Put dead letters back on their topics, unchanged, each once.

    A record that still cannot be processed becomes a dead letter again. Events keep their ids, so one that
    was processed in the meantime counts once.

    Args:
        settings: Where Kafka is.
        reason: Replay only those with this reason.
        topic: Replay only those from this topic.

    Raises:
        PublishFailed: Kafka is unavailable.
    """
    chosen = [
        dead
        for dead in (await _dead_letters(settings.broker)).values()
        if (reason is None or dead.reason == reason) and (topic is None or dead.topic == topic)
    ]
    publisher = Publisher(settings.broker, limit=_LIMIT_SECONDS)
    sent = 0
    try:
        for dead in chosen:
            if dead.topic in REPLAYABLE and dead.value is not None and dead.whole:
                await publisher.put(dead.topic, dead.key, dead.value)
                sent += 1
    finally:
        await publisher.close()
    return Replayed(sent, len(chosen) - sent)


async def _dead_letters(bootstrap: Broker) -> dict[str, DeadLetter]:
    found: dict[str, DeadLetter] = {}
    async for record in read_to_end(bootstrap, (DEAD_LETTERS,)):
        with suppress(Unreadable):
            dead = decode(record.value)
            if isinstance(dead, DeadLetter):
                found[str(dead.event_id)] = dead
    return found
